//! The accounts of all messages of a run.

use crate::failure::Failure;
use crate::flow::Flow;
use crate::latency::Latency;
use crate::options::Options;
use crate::payload::{Format, PROBE, Seen, Stamp};
use crate::protocol::Protocol;
use crate::sequence::Sequence;
use crate::track::Tracker;

/// The messages of a run: which were sent, which arrived, when, and in which order.
pub(crate) struct Ledger {
    /// How messages are framed.
    pub(crate) protocol: Protocol,
    format: Format,
    /// The messages that each receiver has.
    pub(crate) tracker: Tracker,
    /// The order in which all receive the messages, if several servers are one chat.
    pub(crate) order: Option<Sequence>,
    /// The sending of messages.
    pub(crate) flow: Flow,
    /// The time that deliveries take.
    pub(crate) latency: Latency,
    /// Only messages due from this time on count for the latency.
    pub(crate) measured_from: u64,
    /// Deliveries by receiver.
    had: Vec<u64>,
    /// The clients that a probe has reached, and their number.
    probed: Vec<bool>,
    /// The number of clients that a probe has reached.
    pub(crate) probed_count: u64,
    /// Holds one text at a time.
    text: Vec<u8>,
}

impl Ledger {
    /// An empty ledger for messages marked with `run`.
    pub(crate) fn new(options: &Options, run: u32) -> Result<Self, Failure> {
        let clients = options.clients as usize;
        // Without messages there is nothing to track.
        let senders = if options.idle { 0 } else { options.senders() as usize };
        Ok(Self {
            protocol: options.protocol,
            format: Format::new(run, usize::from(options.size)),
            tracker: Tracker::new(clients, senders, options.protocol.echoes()),
            order: (options.nodes.len() > 1).then(|| Sequence::new(senders, clients)),
            flow: Flow::new(options.pace(), senders, clients, options.protocol.echoes()),
            latency: Latency::new()?,
            measured_from: u64::MAX,
            had: vec![0; clients],
            probed: vec![false; clients],
            probed_count: 0,
            text: Vec::new(),
        })
    }

    /// Appends a message as it goes over the wire.
    pub(crate) fn write(&mut self, stamp: Stamp, out: &mut Vec<u8>) {
        self.text.clear();
        self.format.write(stamp, &mut self.text);
        self.protocol.wrap(&self.text, out);
    }

    /// Accounts for all complete messages in a client's input, and appends the client's replies to
    /// `out`. Returns how many bytes those messages took.
    pub(crate) fn receive(
        &mut self,
        receiver: usize,
        bytes: &[u8],
        now: u64,
        out: &mut Vec<u8>,
    ) -> usize {
        let Self { tracker, order, flow, latency, measured_from, probed, probed_count, .. } = self;
        let before = tracker.counts.delivered;
        let used = self.protocol.split(bytes, &self.format, out, |seen| match seen {
            Seen::Ours(stamp) => {
                let sender = stamp.sender as usize;
                if !flow.was_sent(sender, stamp.sequence) || stamp.time > now {
                    if stamp.sender == PROBE {
                        *probed_count += u64::from(!probed[receiver]);
                        probed[receiver] = true;
                    } else {
                        tracker.counts.corrupt += 1;
                    }
                } else if tracker.note(receiver, sender, stamp.sequence) {
                    flow.arrived(sender, stamp.sequence);
                    if let Some(order) = order {
                        order.note(receiver, (stamp.sender, stamp.sequence));
                    }
                    if stamp.time >= *measured_from {
                        latency.note(now - stamp.time);
                    }
                }
            }
            Seen::Corrupt => tracker.counts.corrupt += 1,
            Seen::Other(lines) => tracker.counts.other += lines,
        });
        self.had[receiver] += tracker.counts.delivered - before;
        used
    }

    /// Accounts for a client which is gone.
    pub(crate) fn lose(&mut self, client: usize) {
        self.flow.lose(client, self.had[client], &self.tracker);
    }

    /// Deliveries which may still happen.
    pub(crate) fn pending(&self) -> u64 {
        let done = self.tracker.counts.delivered + self.flow.hopeless;
        self.flow.expected.saturating_sub(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    /// A ledger for three clients, one of which has sent three messages, and those as one stream.
    fn three_messages() -> Result<(Ledger, Vec<u8>), Failure> {
        let words = ["loadgen", "--clients", "3", "--senders", "1", "--window", "3"];
        let options = Options::parse_from(words);
        let mut ledger = Ledger::new(&options, 1)?;
        ledger.flow.begin(0);
        let mut stream = Vec::new();
        while let Some(stamp) = ledger.flow.take(0, 10) {
            stream.extend_from_slice(b"<x> ");
            ledger.write(stamp, &mut stream);
        }
        Ok((ledger, stream))
    }

    #[test]
    fn reads_may_end_anywhere() -> Result<(), Failure> {
        for cut in 0..three_messages()?.1.len() {
            let (mut ledger, stream) = three_messages()?;
            let used = ledger.receive(1, &stream[..cut], 20, &mut Vec::new());
            ledger.receive(1, &stream[used..], 20, &mut Vec::new());
            assert_eq!(ledger.tracker.counts.delivered, 3, "cut at {cut}");
            assert_eq!(ledger.had, [0, 3, 0]);
            assert_eq!(ledger.pending(), 3);
            ledger.receive(2, &stream, 20, &mut Vec::new());
            assert_eq!(ledger.pending(), 0);
        }
        Ok(())
    }

    #[test]
    fn faults_are_told_apart() -> Result<(), Failure> {
        let (mut ledger, stream) = three_messages()?;
        let line = stream.len() / 3;
        let lines: Vec<&[u8]> = stream.chunks(line).collect();
        let mixed = [lines[2], lines[0], lines[0], b"~lg\n", b"* hi\n"].concat();
        assert_eq!(ledger.receive(1, &mixed, 20, &mut Vec::new()), mixed.len());
        let counts = ledger.tracker.counts;
        assert_eq!((counts.delivered, counts.duplicated), (2, 1));
        assert_eq!((counts.reordered, counts.corrupt, counts.other), (1, 1, 1));
        assert_eq!(ledger.pending(), 4);
        ledger.lose(1);
        assert_eq!(ledger.pending(), 3);
        Ok(())
    }

    #[test]
    fn what_was_never_sent_is_corrupt() -> Result<(), Failure> {
        let (mut ledger, _) = three_messages()?;
        let mut stream = Vec::new();
        for (sender, sequence, time) in [(0, 3, 1), (1, 0, 1), (0, 0, 21)] {
            let stamp = Stamp { sender, sequence, time };
            ledger.write(stamp, &mut stream);
        }
        ledger.receive(1, &stream, 20, &mut Vec::new());
        assert_eq!(ledger.tracker.counts.corrupt, 3);
        Ok(())
    }

    #[test]
    fn probes_count_once_each() -> Result<(), Failure> {
        let (mut ledger, _) = three_messages()?;
        let mut stream = Vec::new();
        for sequence in 0..2 {
            let stamp = Stamp { sender: PROBE, sequence, time: 0 };
            ledger.write(stamp, &mut stream);
        }
        ledger.receive(1, &stream, 20, &mut Vec::new());
        ledger.receive(2, &stream, 20, &mut Vec::new());
        assert_eq!(ledger.probed_count, 2);
        assert_eq!(ledger.tracker.counts.corrupt, 0);
        Ok(())
    }
}
