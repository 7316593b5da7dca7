//! A fair share of something: a steady rate, after a burst.

const NS_PER_S: u64 = 1_000_000_000;
const NS_PER_MS: u64 = 1_000_000;
const NS_PER_H: u64 = 3_600 * NS_PER_S;

/// A steady rate and a burst, in any units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Nanoseconds between two units; 0 is no limit.
    interval_ns: u64,
    /// Nanoseconds for the units of a burst.
    burst_ns: u64,
}

impl Rate {
    /// No limit.
    pub const UNLIMITED: Self = Self { interval_ns: 0, burst_ns: 0 };

    /// `units` per second, after a burst of `burst`.
    pub const fn per_second(units: u64, burst: u64) -> Self {
        Self::per(NS_PER_S, units, burst)
    }

    /// `units` per hour, after a burst of `burst`.
    pub const fn per_hour(units: u64, burst: u64) -> Self {
        Self::per(NS_PER_H, units, burst)
    }

    const fn per(period_ns: u64, units: u64, burst: u64) -> Self {
        // A rate of zero counts as one unit in the period, so that nobody is shut out for good.
        let interval_ns = period_ns / if units == 0 { 1 } else { units };
        Self { interval_ns, burst_ns: interval_ns.saturating_mul(burst) }
    }
}

/// One client's use of a [`Rate`] (the generic cell rate algorithm, ITU-T I.371).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// The time at which all used units would have come at the steady rate, in nanoseconds.
    next_ns: u64,
}

impl Bucket {
    /// Counts `units`, even if they are not available.
    pub fn spend(&mut self, rate: &Rate, now_ms: u64, units: u64) {
        let cost_ns = rate.interval_ns.saturating_mul(units);
        self.next_ns = self.next_ns.max(now_ms.saturating_mul(NS_PER_MS)).saturating_add(cost_ns);
    }

    /// Forgets some of the use, so that something is available after `ms` at the latest.
    pub fn forgive(&mut self, now_ms: u64, ms: u64) {
        self.next_ns = self.next_ns.min(now_ms.saturating_add(ms).saturating_mul(NS_PER_MS));
    }

    /// The time until which nothing is available, in milliseconds; `None` if something is.
    pub fn wait_until_ms(&self, rate: &Rate, now_ms: u64) -> Option<u64> {
        if rate.interval_ns == 0 {
            return None;
        }
        let spare_ns = rate.burst_ns.saturating_sub(rate.interval_ns);
        let from_ns = self.next_ns.saturating_sub(spare_ns);
        (from_ns > now_ms.saturating_mul(NS_PER_MS)).then(|| from_ns.div_ceil(NS_PER_MS))
    }

    /// Counts `units` if something is available.
    ///
    /// # Errors
    /// The time at which something is available again, in milliseconds.
    pub fn take(&mut self, rate: &Rate, now_ms: u64, units: u64) -> Result<(), u64> {
        if let Some(until_ms) = self.wait_until_ms(rate, now_ms) {
            return Err(until_ms);
        }
        self.spend(rate, now_ms, units);
        Ok(())
    }

    /// Units used beyond the steady rate; they decrease with time.
    pub const fn used(&self, rate: &Rate, now_ms: u64) -> u64 {
        let used_ns = self.next_ns.saturating_sub(now_ms.saturating_mul(NS_PER_MS));
        match used_ns.checked_div(rate.interval_ns) {
            Some(units) => units,
            None => 0,
        }
    }

    /// Whether all of it has recovered.
    pub const fn is_full(&self, now_ms: u64) -> bool {
        self.next_ns <= now_ms.saturating_mul(NS_PER_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_and_then_a_steady_rate() {
        let rate = Rate::per_second(10, 5);
        let mut bucket = Bucket::default();
        let taken = |bucket: &mut Bucket, ms| {
            (0..9).take_while(|_| bucket.take(&rate, ms, 1).is_ok()).count()
        };
        assert_eq!(taken(&mut bucket, 1_000), 5);
        assert_eq!(bucket.take(&rate, 1_000, 1), Err(1_100));
        assert_eq!(taken(&mut bucket, 1_100), 1);
        assert_eq!(taken(&mut bucket, 1_650), 5);
        assert!(!bucket.is_full(1_650) && bucket.is_full(2_150));
        bucket.spend(&rate, 3_000, 100);
        assert_eq!(bucket.wait_until_ms(&rate, 3_000), Some(12_600));
        assert_eq!((bucket.used(&rate, 3_000), bucket.used(&rate, 12_900)), (100, 1));
        let mut forgiven = bucket;
        forgiven.forgive(3_000, 500);
        assert_eq!(forgiven.used(&rate, 3_000), 5);
        bucket.spend(&Rate::UNLIMITED, 3_000, u64::MAX);
        assert_eq!(bucket.used(&Rate::UNLIMITED, 3_000), 0);
        assert_eq!(bucket.wait_until_ms(&Rate::UNLIMITED, 0), None);
        let mut slow = Bucket::default();
        assert_eq!(slow.take(&Rate::per_hour(0, 0), 0, 1), Ok(()));
        assert_eq!(slow.take(&Rate::per_hour(0, 0), 0, 1), Err(3_600_000));
    }
}
