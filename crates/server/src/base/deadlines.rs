//! A heap of deadlines.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// A heap of deadlines. A deadline cannot be cancelled: its owner checks, when it fires, whether it
/// still matters, so that moving a deadline costs nothing.
#[derive(Debug)]
pub struct Deadlines<T> {
    heap: BinaryHeap<Reverse<Entry<T>>>,
    set: u64,
}

#[derive(Debug)]
struct Entry<T> {
    at_ms: u64,
    order: u64,
    what: T,
}

impl<T> Default for Deadlines<T> {
    fn default() -> Self {
        Self { heap: BinaryHeap::new(), set: 0 }
    }
}

impl<T> Deadlines<T> {
    /// Wakes for `what` at `at_ms`. Equal times fire in the order they were set.
    pub fn set(&mut self, at_ms: u64, what: T) {
        self.set += 1;
        self.heap.push(Reverse(Entry { at_ms, order: self.set, what }));
    }

    /// The time of the next deadline.
    pub fn next_ms(&self) -> Option<u64> {
        self.heap.peek().map(|Reverse(entry)| entry.at_ms)
    }

    /// Takes one deadline that is due at `now_ms`.
    pub fn pop_due(&mut self, now_ms: u64) -> Option<T> {
        if self.next_ms()? > now_ms {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| entry.what)
    }

    /// Takes out all wanted deadlines, in the order in which they would have fired. The others are
    /// not sorted: there may be a great many that no longer matter.
    pub fn take_where(&mut self, is_wanted: impl Fn(&T) -> bool) -> Vec<T> {
        let all = std::mem::take(&mut self.heap).into_vec().into_iter();
        let (mut wanted, rest): (Vec<_>, Vec<_>) = all.partition(|Reverse(it)| is_wanted(&it.what));
        self.heap = rest.into();
        wanted.sort_unstable_by(|a, b| b.cmp(a));
        wanted.into_iter().map(|Reverse(entry)| entry.what).collect()
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Entry<T> {}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at_ms, self.order).cmp(&(other.at_ms, other.order))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_fire_in_order_and_not_early() {
        let mut deadlines = Deadlines::default();
        for (at_ms, what) in [(30, 'c'), (10, 'a'), (20, 'x'), (20, 'y')] {
            deadlines.set(at_ms, what);
        }
        assert_eq!(deadlines.next_ms(), Some(10));
        assert_eq!(deadlines.pop_due(9), None);
        let fired: Vec<char> = std::iter::from_fn(|| deadlines.pop_due(20)).collect();
        assert_eq!(fired, ['a', 'x', 'y']);
        assert_eq!(deadlines.next_ms(), Some(30));
    }

    #[test]
    fn what_is_taken_out_comes_in_order_and_the_rest_is_left() {
        let mut deadlines = Deadlines::default();
        for (at_ms, what) in [(30, 'C'), (10, 'a'), (20, 'X'), (40, 'b'), (20, 'Y'), (5, 'Z')] {
            deadlines.set(at_ms, what);
        }
        assert_eq!(deadlines.take_where(char::is_ascii_uppercase), ['Z', 'X', 'Y', 'C']);
        let rest: Vec<char> = std::iter::from_fn(|| deadlines.pop_due(100)).collect();
        assert_eq!(rest, ['a', 'b']);
    }
}
