//! Numbers of messages. No number is given twice, even if the file loses its end.
//!
//! A file may lose its end: the disk was full, the power failed, an older copy was restored. So
//! each server begins at a number made from the clock, higher than any that an earlier one has
//! given, and the file records the ranges that contain none of its own numbers.

use crate::limits::{
    HISTORY_NUMBER_CLOCK_MAX, HISTORY_NUMBERS_JUMP, HISTORY_NUMBERS_PER_MS, HISTORY_STARTS_MAX,
};
use rusqlite::{Connection, Transaction, params};

/// The numbers that belong to this history, and the next one.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// The highest that was given or skipped.
    last: i64,
    /// The first numbers of its servers, in order.
    starts: Vec<Start>,
    has_begun: bool,
    /// Whether this server's first number is in the file.
    is_written: bool,
}

/// The start of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Start {
    /// The highest number in the file before it.
    after: i64,
    number: i64,
}

impl Numbers {
    /// The numbers of a file whose highest used number is `used`.
    pub(super) fn read(connection: &Connection, used: i64) -> rusqlite::Result<Self> {
        let mut select = connection.prepare("SELECT after, number FROM start ORDER BY number")?;
        let starts = select
            .query_map([], |row| Ok(Start { after: row.get(0)?, number: row.get(1)? }))?
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self::of(used, starts))
    }

    /// The numbers of a file with these starts of servers, whose highest used number is `used`.
    fn of(used: i64, starts: Vec<Start>) -> Self {
        let last = starts.last().map_or(used, |start| start.number.max(used));
        Self { last, starts, ..Self::default() }
    }

    /// Begins the numbers of this server, once.
    pub(super) fn begin(&mut self, unix_ms: u64) {
        if std::mem::replace(&mut self.has_begun, true) {
            return;
        }
        let mut after = self.last;
        // A server without any message need not be recorded.
        if let Some(before) = self.starts.pop_if(|before| before.number == after) {
            after = before.after;
        }
        self.last = first(unix_ms, self.last);
        self.push(Start { after, number: self.last });
    }

    /// Records the start of a server; keeps a bounded number of them.
    fn push(&mut self, start: Start) {
        self.starts.push(start);
        while self.starts.len() > HISTORY_STARTS_MAX {
            // A client that was away for longer begins anew.
            let oldest = self.starts.remove(0);
            if let Some(next) = self.starts.first_mut() {
                next.after = oldest.after;
            }
        }
    }

    /// Goes on in another file that has taken the place of the earlier one, whose numbers these
    /// are, while the server runs. `first_waiting` is the number of the first waiting message.
    /// False if the file already has such numbers, so that the waiting messages cannot be written
    /// to it.
    pub(super) fn go_on(
        &mut self,
        unix_ms: u64,
        first_waiting: Option<i64>,
        before: &Self,
    ) -> bool {
        let after = self.last;
        let number = first_waiting.unwrap_or(before.last + 1);
        let fits = after < number;
        let number = if fits { number } else { first(unix_ms, after.max(before.last)) };
        (self.has_begun, self.last) = (true, number.max(before.last));
        self.push(Start { after, number });
        fits
    }

    /// Makes this node count together with others: it does not begin at a number of its own.
    pub(super) const fn share(&mut self) {
        self.has_begun = true;
    }

    /// Notes that the chat has given this number, at any node. The numbers that it has jumped over
    /// belong to no message.
    pub(super) fn pass(&mut self, number: i64) {
        if number > self.last + 1 {
            self.push(Start { after: self.last, number });
            self.is_written = false;
        }
        self.last = self.last.max(number);
    }

    /// A number made of the clock, higher than any that was given.
    pub(super) fn of_clock(&self, unix_ms: u64) -> i64 {
        first(unix_ms, self.last)
    }

    /// Gives the next number.
    pub(super) const fn next(&mut self) -> i64 {
        self.last += 1;
        self.last
    }

    /// The highest number that was given or skipped.
    pub(super) const fn last(&self) -> i64 {
        self.last
    }

    /// Whether a person can have seen everything up to this number here. No message has the number
    /// 0, which comes before all.
    pub(super) fn knows(&self, number: i64) -> bool {
        let is_passed_over = |start: &Start| start.after < number && number < start.number;
        (0..=self.last).contains(&number)
            && (number == 0 || !self.starts.iter().any(is_passed_over))
    }

    /// Records this server's first number in the file, unless it is there.
    pub(super) fn write(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        if self.is_written || !self.has_begun {
            return Ok(());
        }
        transaction.execute("DELETE FROM start", [])?;
        for Start { after, number } in &self.starts {
            let sql = "INSERT INTO start (number, after) VALUES (?, ?)";
            transaction.prepare_cached(sql)?.execute(params![number, after])?;
        }
        Ok(())
    }

    /// Notes that it was written to the file.
    pub(super) const fn written(&mut self) {
        self.is_written = self.has_begun;
    }
}

/// The first number of a server that starts at this time, with a file that ends at `last`. If the
/// clock has gone back, it jumps, because an earlier server whose clock was ahead may have given
/// more numbers than the file has.
fn first(unix_ms: u64, last: i64) -> i64 {
    let by_clock = i64::try_from(unix_ms).unwrap_or(i64::MAX);
    match by_clock.saturating_mul(HISTORY_NUMBERS_PER_MS) {
        by_clock if by_clock > last && by_clock < HISTORY_NUMBER_CLOCK_MAX => by_clock,
        _ if last == 0 => 0,
        _ => last.saturating_add(HISTORY_NUMBERS_JUMP),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_763_629_920_000;
    const FIRST: i64 = MS as i64 * HISTORY_NUMBERS_PER_MS;

    /// A server that starts after another one, of whose numbers `used` is the last in the file.
    fn again(numbers: &Numbers, used: i64, unix_ms: u64) -> Numbers {
        let mut next = Numbers::of(used, numbers.starts.clone());
        next.begin(unix_ms);
        next
    }

    #[test]
    fn no_number_is_given_twice_whatever_the_file_has_lost_and_the_clock_says() {
        let mut numbers = Numbers::default();
        numbers.begin(MS);
        assert_eq!(numbers.next(), FIRST + 1);
        for _ in 0..100_000 {
            numbers.next();
        }
        let given = numbers.last();
        // The next server, a second later; at the same moment; with a wrong clock; with an absurd
        // one. Nothing of the last server was written.
        for (used, unix_ms) in
            [(0, MS + 1000), (given, MS), (0, MS), (0, 0), (given, 0), (given, u64::MAX)]
        {
            let first = again(&numbers, used, unix_ms).next();
            assert!(first > given && first < 1 << 53, "{used} {unix_ms}: {first}");
        }
        // Nor if there is only the clock to begin from.
        let mut other = Numbers::default();
        other.begin(MS + 1000);
        assert!(other.next() > given);
        // The last time at which the clock is believed is far away, and exact in JavaScript.
        const { assert!(HISTORY_NUMBER_CLOCK_MAX / HISTORY_NUMBERS_PER_MS > 4_000_000_000_000) };
    }

    #[test]
    fn numbers_go_on_in_another_file() {
        let mut before = Numbers::default();
        before.begin(MS);
        let waiting = (0..8).map(|_| before.next()).last().expect("eight");
        before.next();
        let mut new = Numbers::default();
        assert!(new.go_on(MS + 1, Some(waiting), &before));
        assert!(new.knows(waiting) && new.knows(before.last()) && !new.knows(waiting - 1));
        assert_eq!(new.next(), before.last() + 1);
        // The position given to a newcomer is known then, and earlier ones are not.
        let mut empty = Numbers::default();
        assert!(empty.go_on(MS + 1, None, &before));
        assert!(empty.knows(empty.last()) && !empty.knows(before.last()));
        // A file that has the numbers of the waiting messages already.
        let mut newer = Numbers { last: waiting, ..Numbers::default() };
        assert!(!newer.go_on(MS + 1, Some(waiting), &before));
        assert!(newer.next() > before.last() && newer.knows(waiting));
        assert!(!newer.knows(before.last()));
    }

    #[test]
    fn what_another_server_gave_and_the_file_does_not_have_is_not_known() {
        let mut numbers = Numbers::default();
        assert!(numbers.knows(0) && !numbers.knows(1) && !numbers.knows(-1));
        numbers.begin(MS);
        let kept = (0..10).map(|_| numbers.next()).last().expect("ten");
        let lost = numbers.next();
        assert!(numbers.knows(FIRST) && numbers.knows(kept) && numbers.knows(lost));
        assert!(!numbers.knows(lost + 1) && !numbers.knows(7));
        let next = again(&numbers, kept, MS + 1);
        assert!(next.knows(0) && next.knows(FIRST) && next.knows(kept));
        assert!(!next.knows(lost) && next.knows(next.last()) && !next.knows(next.last() - 1));
        // A server without messages leaves no trace; of very many, the first are dropped.
        let third = again(&next, kept, MS + 2);
        assert_eq!(third.starts.len(), 2);
        let mut numbers = third;
        for start in 3..1000 {
            let last = numbers.next();
            numbers = again(&numbers, last, MS + start);
            assert!(numbers.knows(last));
        }
        assert_eq!(numbers.starts.len(), HISTORY_STARTS_MAX);
        assert!(numbers.knows(0) && !numbers.knows(kept + 1));
        // Starts are also limited if a server goes on in a file that has had as many.
        let mut before = Numbers::default();
        before.begin(MS + 2000);
        let waiting = before.next();
        let mut other = Numbers::of(numbers.next(), numbers.starts);
        let seen = other.last();
        assert!(other.go_on(MS + 2001, Some(waiting), &before));
        assert_eq!(other.starts.len(), HISTORY_STARTS_MAX);
        assert!(other.knows(0) && other.knows(seen) && other.knows(waiting));
        assert!(!other.knows(seen + 1) && !other.knows(kept + 1));
    }
}
