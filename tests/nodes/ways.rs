//! Nodes whose way to Redis is bad. Nobody's connection ends, people are told once that their
//! server is cut off and once that it is not any more, and what was said is heard once.

use super::chat::Chatter;
use super::harness::{Client, Server};
use super::redis::{Redis, hears};
use super::way::{Mode, To, Way};
use serde_json::json;
use std::time::Duration;

const CUT: &str = "cut off from the chat's other servers: what you say waits for a while";
const WHOLE: &str = "connected with the chat's other servers again";
const REFUSED: &str = "this may not have been done; try again in a while";

/// Alice and carol at a node whose way goes bad, and bob at another.
struct Two {
    redis: Redis,
    way: Way,
    alice: Client,
    carol: Client,
    bob: Client,
    _nodes: [Server; 2],
}

impl Two {
    fn start() -> Option<Self> {
        let redis = Redis::start()?;
        let way = redis.way("a");
        let nodes = [redis.node_by("a", &way), redis.node("b")];
        let mut carol = Client::named(&nodes[0], "carol");
        let mut alice = Client::named(&nodes[0], "alice");
        let bob = Client::named(&nodes[1], "bob");
        hears(&mut alice, " is now bob");
        hears(&mut carol, " is now bob");
        Some(Self { redis, way, alice, carol, bob, _nodes: nodes })
    }

    /// Their server is cut off, which both are told. What alice says waits; carol asks what the
    /// server can answer alone.
    fn is_cut(&mut self, text: &str) {
        self.alice.send(format!("{text}\n"));
        hears(&mut self.alice, CUT);
        hears(&mut self.carol, CUT);
        self.carol.send("/who\n");
        let (told, all) = (self.carol.sync(), "alice (netcat), bob (netcat) and carol (netcat)");
        assert!(told.iter().any(|line| line.contains(all)), "{told:?}");
        assert!(!told.iter().any(|line| line.ends_with(CUT)), "{told:?}");
    }

    /// All is whole again, which alice is told once. Her line is heard once, and both can talk.
    fn ends_whole(mut self, texts: &[&str]) {
        let mut told = Vec::new();
        while !told.last().is_some_and(|line: &String| line.ends_with(WHOLE)) {
            told.push(self.alice.line());
        }
        for text in texts {
            self.bob.expect_said(&format!("<alice> {text}"));
        }
        self.alice.send("done\n");
        self.bob.expect_said("<alice> done");
        self.bob.send("and here\n");
        loop {
            let line = self.alice.line();
            if line == "<bob> and here" {
                break;
            }
            told.push(line);
        }
        told.extend(self.alice.sync());
        let count = |end| told.iter().filter(|line| line.ends_with(end)).count();
        assert_eq!((count(CUT), count(WHOLE)), (0, 1), "{told:?}");
        self.carol.sync();
        let history = self.redis.history("a");
        assert_eq!(history, self.redis.history("b"));
        assert_eq!(history.len(), texts.len() + 2, "{history:?}");
    }
}

#[test]
fn on_a_slow_way_all_goes_on_and_nobody_is_told() {
    let Some(mut two) = Two::start() else { return };
    for to in [To::Redis, To::Node] {
        two.way.set(to, Mode::Delay(Duration::from_millis(100)));
    }
    for text in ["one", "two", "three"] {
        two.alice.send(format!("{text}\n"));
        two.bob.expect_said(&format!("<alice> {text}"));
        two.bob.send(format!("{text}?\n"));
        two.alice.expect_said(&format!("<bob> {text}?"));
    }
    assert_eq!(two.alice.sync(), Vec::<String>::new());
    assert_eq!(two.redis.history("a"), two.redis.history("b"));
}

#[test]
fn a_reply_a_byte_at_a_time_is_read_if_it_comes_in_time() {
    let Some(mut two) = Two::start() else { return };
    for to in [To::Redis, To::Node] {
        two.way.set(to, Mode::Trickle(Duration::from_micros(50)));
    }
    two.alice.send("small steps\n");
    two.bob.expect_said("<alice> small steps");
    two.bob.send("yes\n");
    two.alice.expect_said("<bob> yes");
    assert_eq!(two.redis.history("a"), two.redis.history("b"));
}

#[test]
fn a_redis_that_says_a_byte_in_a_second_is_one_that_is_away() {
    let Some(mut two) = Two::start() else { return };
    two.way.set(To::Node, Mode::Trickle(Duration::from_secs(1)));
    two.is_cut("slowly");
    two.way.set(To::Node, Mode::Pass);
    two.ends_whole(&["slowly"]);
}

#[test]
fn a_connection_cut_anywhere_in_a_reply_loses_and_doubles_nothing() {
    is_cut_anywhere(To::Node);
}

#[test]
fn a_connection_cut_anywhere_in_a_command_loses_and_doubles_nothing() {
    is_cut_anywhere(To::Redis);
}

fn is_cut_anywhere(to: To) {
    let Some(mut two) = Two::start() else { return };
    let mut said = 0;
    for after in [0, 1, 5, 20, 60, 150, 400, 1_000] {
        two.way.set(to, Mode::Cut(after));
        for _ in 0..3 {
            said += 1;
            two.alice.send(format!("{said}\n"));
            two.bob.expect_said(&format!("<alice> {said}"));
        }
    }
    two.alice.send("/who\n");
    hears(&mut two.alice, "* in #lobby: alice (netcat), bob (netcat) and carol (netcat)");
    assert_eq!(two.redis.history("a"), two.redis.history("b"));
    assert_eq!(two.redis.history("a").len(), said);
}

#[test]
fn bytes_that_are_not_those_that_were_sent_are_survived_in_both_directions() {
    for to in [To::Node, To::Redis] {
        let Some(mut two) = Two::start() else { return };
        two.way.set(to, Mode::Corrupt);
        two.is_cut("garbled");
        two.way.set(to, Mode::Pass);
        two.ends_whole(&["garbled"]);
    }
}

#[test]
fn what_reaches_redis_late_or_whose_answer_does_is_said_once() {
    for to in [To::Node, To::Redis] {
        let Some(mut two) = Two::start() else { return };
        two.way.set(to, Mode::Hold);
        two.is_cut("in one direction");
        two.way.set(to, Mode::Pass);
        two.ends_whole(&["in one direction"]);
    }
}

#[test]
fn what_was_refused_and_done_after_all_is_told_and_counts() {
    let Some(mut two) = Two::start() else { return };
    let mut erin = Chatter::named(&two._nodes[0], "erin");
    // Her node has been answered, and sends the next fact at once.
    two.redis.ask(&["PING"]);
    two.way.settle();
    // Redis hears the node, but not the other way.
    two.way.set(To::Node, Mode::Hold);
    let refused = erin.asks("nick", json!({"nick": "erica"}));
    assert_eq!(refused["code"], json!("cut-off"), "{refused}");
    hears(&mut two.bob, "* erin is now erica");
    // Until her node knows, she is who she was.
    erin.emits("join", json!({"room": "ops"}));
    two.way.set(To::Node, Mode::Pass);
    erin.sees("late", |told| *told == json!({"request": "nick", "nick": "erica"}));
    let said = erin.asks("post", json!({"room": "lobby", "text": "here"}));
    assert_eq!(said["ok"], json!(true), "{said}");
    two.bob.expect_said("<erica> here");
    assert_eq!(two.redis.history("a"), two.redis.history("b"));
}

#[test]
fn a_node_that_redis_cannot_hear_is_taken_out_and_comes_back_by_itself() {
    let Some(mut two) = Two::start() else { return };
    two.way.set(To::Redis, Mode::Hold);
    two.is_cut("too long");
    // The waiting line is refused in a sentence.
    hears(&mut two.alice, REFUSED);
    hears(&mut two.bob, "* carol and alice left");
    two.way.set(To::Redis, Mode::Pass);
    hears(&mut two.alice, WHOLE);
    two.alice.send("back\n");
    // The refused line may have been said after all; it stands before what was said later.
    let heard = two.bob.said();
    if heard == "<alice> too long" {
        two.bob.expect_said("<alice> back");
    } else {
        assert_eq!(heard, "<alice> back");
    }
    two.alice.send("/who\n");
    hears(&mut two.alice, "* in #lobby: alice (netcat), bob (netcat) and carol (netcat)");
    assert_eq!(two.redis.history("a"), two.redis.history("b"));
}
