//! Numbers of messages: none is given twice, whatever becomes of the file.
//!
//! A file may lose its end: the disk was full, the power went, an older copy was put back. So each
//! server begins at a number made of the clock, which is higher than any that another has given
//! before, and the file says from where to where none of its own are.

use crate::limits::{
    HISTORY_NUMBER_CLOCK_MAX, HISTORY_NUMBERS_JUMP, HISTORY_NUMBERS_PER_MS, HISTORY_STARTS_MAX,
};
use rusqlite::{Connection, Transaction, params};

/// Which numbers are this history's, and the next.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// The highest that was given or passed over.
    last: i64,
    /// Where the servers began, the first of them first.
    starts: Vec<Start>,
    has_begun: bool,
    /// The file knows where this one has begun.
    is_written: bool,
}

/// A server has begun at a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Start {
    /// The highest that the file had before.
    after: i64,
    number: i64,
}

impl Numbers {
    /// Those of a file of which this is the highest number that was used.
    pub(super) fn read(connection: &Connection, used: i64) -> rusqlite::Result<Self> {
        let mut select = connection.prepare("SELECT after, number FROM start ORDER BY number")?;
        let starts = select
            .query_map([], |row| Ok(Start { after: row.get(0)?, number: row.get(1)? }))?
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self::of(used, starts))
    }

    /// Those of a file in which servers began so, and of which this is the highest that was used.
    fn of(used: i64, starts: Vec<Start>) -> Self {
        let last = starts.last().map_or(used, |start| start.number.max(used));
        Self { last, starts, ..Self::default() }
    }

    /// The server begins, once.
    pub(super) fn begin(&mut self, unix_ms: u64) {
        if std::mem::replace(&mut self.has_begun, true) {
            return;
        }
        let mut after = self.last;
        // Whoever has said nothing need not be remembered.
        if let Some(before) = self.starts.pop_if(|before| before.number == after) {
            after = before.after;
        }
        self.last = first(unix_ms, self.last);
        self.push(Start { after, number: self.last });
    }

    /// Remembers where a server begins, and so many before.
    fn push(&mut self, start: Start) {
        self.starts.push(start);
        while self.starts.len() > HISTORY_STARTS_MAX {
            // Who has been away for so long begins anew.
            let oldest = self.starts.remove(0);
            if let Some(next) = self.starts.first_mut() {
                next.after = oldest.after;
            }
        }
    }

    /// Another file has taken the place of the one before, whose numbers these are, while the
    /// server runs: the first message that waits for it has this one. False if the file has had
    /// such numbers, and those that wait cannot be written to it.
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

    /// Gives the next number.
    pub(super) const fn next(&mut self) -> i64 {
        self.last += 1;
        self.last
    }

    /// The highest that was given or passed over.
    pub(super) const fn last(&self) -> i64 {
        self.last
    }

    /// Whether somebody can have seen all up to this number, here: 0 is nobody's, and before all.
    pub(super) fn knows(&self, number: i64) -> bool {
        let is_passed_over = |start: &Start| start.after < number && number < start.number;
        (0..=self.last).contains(&number)
            && (number == 0 || !self.starts.iter().any(is_passed_over))
    }

    /// Has the file know where this server has begun, unless it does.
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

    /// What was written is in the file.
    pub(super) const fn written(&mut self) {
        self.is_written = self.has_begun;
    }
}

/// Where a server begins to count at this time whose file has this number. Where the clock has gone
/// back, and one that was ahead may have given more than the file has, it jumps.
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

    /// A server that begins where one has ended of which so much is in the file.
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
        // The next one, a second later; at the same moment; with a clock that is wrong; with one
        // that is mad. Nothing of the last was written.
        for (used, unix_ms) in
            [(0, MS + 1000), (given, MS), (0, MS), (0, 0), (given, 0), (given, u64::MAX)]
        {
            let first = again(&numbers, used, unix_ms).next();
            assert!(first > given && first < 1 << 53, "{used} {unix_ms}: {first}");
        }
        // Nor where there is nothing to begin from but the clock.
        let mut other = Numbers::default();
        other.begin(MS + 1000);
        assert!(other.next() > given);
        // The last time that the clock is believed is far away, and exact in JavaScript.
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
        // What one who comes then is told to have seen is known, and what was seen before is not.
        let mut empty = Numbers::default();
        assert!(empty.go_on(MS + 1, None, &before));
        assert!(empty.knows(empty.last()) && !empty.knows(before.last()));
        // One whose numbers are those that wait has them already.
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
        // One that has said nothing leaves no trace; of very many the first are forgotten.
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
        // So it is where a server goes on in a file that has had as many.
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
