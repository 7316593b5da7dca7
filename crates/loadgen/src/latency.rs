//! How long deliveries take.

use hdrhistogram::Histogram;

use crate::failure::Failure;

/// The shortest time told apart, in nanoseconds.
const SHORTEST: u64 = 1_000;

/// The longest time recorded, in nanoseconds; longer ones count as this.
const LONGEST: u64 = 100_000_000_000;

/// Significant decimal digits kept.
const DIGITS: u8 = 3;

/// A histogram which takes runs of equal times in one step.
///
/// Neighbouring deliveries are often of messages that were sent and read together. Recording each
/// on its own would cost more than reading it.
pub(crate) struct Latency {
    histogram: Histogram<u64>,
    last: u64,
    count: u64,
}

impl Latency {
    /// An empty histogram.
    pub(crate) fn new() -> Result<Self, Failure> {
        let histogram = Histogram::new_with_bounds(SHORTEST, LONGEST, DIGITS)
            .map_err(|error| Failure::setup(format!("histogram: {error}")))?;
        Ok(Self { histogram, last: 0, count: 0 })
    }

    /// Records one delivery which took that many nanoseconds.
    #[inline]
    pub(crate) fn note(&mut self, nanos: u64) {
        if nanos != self.last {
            self.settle();
            self.last = nanos;
        }
        self.count += 1;
    }

    /// Moves the pending run into the histogram.
    fn settle(&mut self) {
        if self.count > 0 {
            self.histogram.saturating_record_n(self.last, self.count);
            self.count = 0;
        }
    }

    /// The time within which this share of the deliveries arrived, in microseconds.
    pub(crate) fn quantile_us(&mut self, quantile: f64) -> Option<f64> {
        self.settle();
        (!self.histogram.is_empty())
            .then(|| self.histogram.value_at_quantile(quantile) as f64 / 1e3)
    }

    /// The longest time, in microseconds.
    pub(crate) fn max_us(&mut self) -> Option<f64> {
        self.settle();
        (!self.histogram.is_empty()).then(|| self.histogram.max() as f64 / 1e3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_count_in_full() -> Result<(), Failure> {
        let mut latency = Latency::new()?;
        assert_eq!(latency.quantile_us(0.5), None);
        for _ in 0..99 {
            latency.note(1_000_000);
        }
        latency.note(9_000_000);
        assert_eq!(latency.histogram.len() + latency.count, 100);
        let near = |value: Option<f64>, expected: f64| {
            value.is_some_and(|value| (value - expected).abs() < expected / 500.0)
        };
        assert!(near(latency.quantile_us(0.5), 1_000.0));
        assert!(near(latency.quantile_us(0.99), 1_000.0));
        assert!(near(latency.max_us(), 9_000.0));
        Ok(())
    }
}
