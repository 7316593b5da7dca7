//! Spending from an address's account.

use super::{Accounts, Bucket, Rate, Share, TooMuch};
use crate::base::AccountId;
use crate::limits::{
    ADDRESS_WAIT_MS_MIN, BUSY_WORK_US, BUSY_WORK_US_PER_S, GREEDY_MS_MAX, GREEDY_WORK_US,
    GREEDY_WORK_US_PER_S, GREEDY_WORK_US_WHEN_BUSY,
};

/// The pace beyond which an address takes much of the loop's time.
const GREEDY: Rate = Rate::per_second(GREEDY_WORK_US_PER_S, 0);
/// The pace beyond which all addresses together take much of it.
const BUSY: Rate = Rate::per_second(BUSY_WORK_US_PER_S, 0);

impl Accounts {
    /// Counts `units` of a rate, even if nothing is left.
    pub fn spend(&mut self, id: AccountId, now_ms: u64, share: Share, units: u64) {
        let exempt = self.exempt;
        if let Some(account) = self.table.get_mut(id.0 as usize).filter(|_| id != exempt) {
            account.shares[share as usize].spend(share.rate(&self.limits), now_ms, units);
        }
    }

    /// Counts one unit of a rate, if something is left, or if an address that has none left is only
    /// read later.
    ///
    /// # Errors
    /// The limit that is reached.
    pub fn take(&mut self, id: AccountId, now_ms: u64, share: Share) -> Result<(), TooMuch> {
        let exempt = self.exempt;
        let Some(account) = self.table.get_mut(id.0 as usize).filter(|_| id != exempt) else {
            return Ok(());
        };
        let (bucket, rate) = (&mut account.shares[share as usize], share.rate(&self.limits));
        match (bucket.take(rate, now_ms, 1), share.over()) {
            (Err(_), Some(too_much)) => Err(too_much),
            (Err(_), None) => {
                bucket.spend(rate, now_ms, 1);
                Ok(())
            }
            (Ok(()), _) => Ok(()),
        }
    }

    /// Counts microseconds of the loop's time.
    pub fn spend_work(&mut self, id: AccountId, now_ms: u64, us: u64) {
        let exempt = self.exempt;
        if let Some(account) = self.table.get_mut(id.0 as usize).filter(|_| id != exempt && us > 0)
        {
            account.shares[Share::Work as usize].spend(&self.limits.work_us, now_ms, us);
            account.greedy_us.spend(&GREEDY, now_ms, us);
            account.greedy_us.forgive(now_ms, GREEDY_MS_MAX);
            self.busy_us.spend(&BUSY, now_ms, us);
            self.busy_us.forgive(now_ms, GREEDY_MS_MAX);
        }
    }

    /// Counts against the application's limit number `own`, even if nothing is left.
    pub fn spend_own(&mut self, id: AccountId, now_ms: u64, own: usize, units: u64) {
        let Some((rate, bucket)) = self.own(id, own) else { return };
        bucket.spend(&rate, now_ms, units);
    }

    /// Counts `units` against the application's limit number `own`, if something is left.
    ///
    /// # Errors
    /// The time at which something is available again, in milliseconds.
    pub fn take_own(
        &mut self,
        id: AccountId,
        now_ms: u64,
        own: usize,
        units: u64,
    ) -> Result<(), u64> {
        self.own(id, own).map_or(Ok(()), |(rate, bucket)| bucket.take(&rate, now_ms, units))
    }

    /// The name of an application's limit.
    pub fn own_name(&self, own: usize) -> Option<&'static str> {
        Some(self.limits.own.get(own)?.name)
    }

    fn own(&mut self, id: AccountId, own: usize) -> Option<(Rate, &mut Bucket)> {
        let rate = self.limits.own.get(own)?.rate;
        let exempt = self.exempt;
        let account = self.table.get_mut(id.0 as usize).filter(|_| id != exempt)?;
        Some((rate, account.own.get_mut(own)?))
    }

    /// The time until which an address is not read, in milliseconds; `None` if it may go on.
    pub fn wait_until_ms(&self, id: AccountId, now_ms: u64) -> Option<u64> {
        let account = self.table.get(id.0 as usize).filter(|_| id != self.exempt)?;
        let limits = &self.limits;
        let delaying = Share::ALL.iter().zip(&account.shares).filter(|(it, _)| it.over().is_none());
        let waits = delaying.map(|(it, bucket)| bucket.wait_until_ms(it.rate(limits), now_ms));
        let own = limits.own.iter().zip(&account.own).filter(|(own, _)| own.delays);
        let own = own.filter_map(|(own, bucket)| bucket.wait_until_ms(&own.rate, now_ms));
        let until_ms = waits.flatten().chain(own).max();
        until_ms.map(|until_ms| until_ms.max(now_ms + ADDRESS_WAIT_MS_MIN))
    }

    /// Whether an address takes much of the loop's time. While all addresses together take much of
    /// it, a new address is allowed less, because there may be many new ones.
    pub fn is_greedy(&self, id: AccountId, now_ms: u64) -> bool {
        let is_busy = self.busy_us.used(&BUSY, now_ms) > BUSY_WORK_US;
        let us_max = if is_busy { GREEDY_WORK_US_WHEN_BUSY } else { GREEDY_WORK_US };
        let account = self.table.get(id.0 as usize).filter(|_| id != self.exempt);
        account.is_some_and(|account| account.greedy_us.used(&GREEDY, now_ms) > us_max)
    }
}
