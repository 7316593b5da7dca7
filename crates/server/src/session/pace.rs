//! How fast one client may post.

use super::accounts::{Bucket, Rate};
use crate::limits::{BYTES_BURST, BYTES_PER_POST, RATE_BURST_S};

/// A burst, then a steady pace, in messages and in bytes. It refuses nothing; it says when to go
/// on.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Messages per second; 0 is no limit.
    per_s: u32,
    posts: Bucket,
    bytes: Bucket,
}

impl Pace {
    /// A pace of `per_s` messages per second after a burst of [`RATE_BURST_S`] seconds' worth, and
    /// of [`BYTES_PER_POST`] bytes for each after [`BYTES_BURST`]; 0 is no limit.
    pub fn new(per_s: u32) -> Self {
        Self { per_s, posts: Bucket::default(), bytes: Bucket::default() }
    }

    /// Changes the messages per second; 0 is no limit. The used part stays used.
    pub const fn set_per_s(&mut self, per_s: u32) {
        self.per_s = per_s;
    }

    fn rates(&self) -> Option<(Rate, Rate)> {
        let per_s = u64::from(self.per_s);
        let posts = Rate::per_second(per_s, per_s * u64::from(RATE_BURST_S));
        let bytes = Rate::per_second(per_s * BYTES_PER_POST, BYTES_BURST);
        (per_s > 0).then_some((posts, bytes))
    }

    /// Counts one message of `bytes` bytes at `now_ms`.
    pub fn post(&mut self, now_ms: u64, bytes: usize) {
        self.charge(now_ms, 1);
        self.weigh(now_ms, bytes);
    }

    /// Counts bytes that are not a message.
    pub fn weigh(&mut self, now_ms: u64, bytes: usize) {
        if let Some((_, rate)) = self.rates() {
            self.bytes.spend(&rate, now_ms, bytes as u64);
        }
    }

    /// Counts work that equals `posts` messages.
    pub fn charge(&mut self, now_ms: u64, posts: u32) {
        if let Some((rate, _)) = self.rates() {
            self.posts.spend(&rate, now_ms, u64::from(posts));
        }
    }

    /// When the next message is allowed, in milliseconds; `None` if it is now.
    pub fn blocked_until(&self, now_ms: u64) -> Option<u64> {
        let (posts, bytes) = self.rates()?;
        let posts = self.posts.wait_until_ms(&posts, now_ms);
        posts.max(self.bytes.wait_until_ms(&bytes, now_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_a_steady_pace() {
        let mut pace = Pace::new(20);
        let mut now_ms = 1000;
        for _ in 0..100 {
            assert_eq!(pace.blocked_until(now_ms), None);
            pace.post(now_ms, 80);
        }
        for _ in 0..50 {
            let until = pace.blocked_until(now_ms).expect("the burst is spent");
            assert_eq!(until, now_ms + 50);
            now_ms = until;
            pace.post(now_ms, 80);
        }
        now_ms += 100_000;
        for _ in 0..100 {
            assert_eq!(pace.blocked_until(now_ms), None);
            pace.post(now_ms, 80);
        }
        assert!(pace.blocked_until(now_ms).is_some());
    }

    #[test]
    fn bytes_that_are_no_message_count_too() {
        let mut pace = Pace::new(20);
        (0..1000).for_each(|_| pace.weigh(0, 10));
        assert_eq!(pace.blocked_until(0), None, "no messages");
        pace.weigh(0, BYTES_BURST as usize);
        assert!(pace.blocked_until(0).is_some());
    }

    #[test]
    fn long_messages_are_fewer() {
        let mut pace = Pace::new(20);
        let mut posted = 0;
        while pace.blocked_until(0).is_none() {
            pace.post(0, 4096);
            posted += 1;
        }
        assert_eq!(posted, BYTES_BURST / 4096);
        let mut pace = Pace::new(20);
        // A message longer than the whole burst is taken, and the client must wait after it.
        pace.post(0, 1_000_000);
        let waits_ms = 1000 * (1_000_000 - BYTES_BURST) / (20 * BYTES_PER_POST);
        let until_ms = pace.blocked_until(0).expect("it was long");
        assert!(until_ms.abs_diff(waits_ms) < 10, "{until_ms} and not {waits_ms}");
    }

    #[test]
    fn zero_is_no_limit() {
        let mut pace = Pace::new(0);
        for _ in 0..100_000 {
            pace.post(5, 100_000);
        }
        assert_eq!(pace.blocked_until(5), None);
    }
}
