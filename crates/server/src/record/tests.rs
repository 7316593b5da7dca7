//! A small loop written by hand, whose questions to its world are recorded and replayed.

use super::player::{Replay, ReplayError, Replayed};
use super::recorder::{Record, Recorder};
use super::shared::Shared;
use crate::base::{CloseReason, Now, PeerAddress};
use crate::net::{Edge, Meter, RemoteAddress, Transport, Wants, World};
use std::io::{self, Cursor, ErrorKind, IoSlice, Read, Write};
use std::net::{IpAddr, Ipv4Addr};

/// A file in memory.
#[derive(Clone)]
struct Disk(Shared<Vec<u8>>);

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.with(|disk| disk.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A world in which one client comes, sends something, and takes ten bytes at a time.
struct Small;

impl World for Small {
    type Stream = Client;

    fn poll(&mut self, _: Option<u64>, mut note: impl FnMut(Edge)) -> io::Result<()> {
        note(Edge::Listener(0));
        note(Edge::Signal);
        Ok(())
    }

    fn now(&mut self) -> Now {
        Now { ms: 7, unix_ms: 1_000 }
    }

    fn meter(&mut self) -> Meter {
        Meter::counted(3)
    }

    fn signals(&mut self) -> Vec<i32> {
        vec![1, 15]
    }

    fn listeners(&self) -> usize {
        1
    }

    fn accept(&mut self, listener: usize) -> io::Result<(Client, PeerAddress)> {
        match listener {
            0 => Ok((
                Client { has_said: false, is_there: true },
                IpAddr::V4(Ipv4Addr::LOCALHOST).into(),
            )),
            _ => Err(ErrorKind::WouldBlock.into()),
        }
    }

    fn close_listener(&mut self, _: usize) {}

    fn connect(&mut self, remote: RemoteAddress) -> io::Result<(Client, PeerAddress)> {
        match remote {
            RemoteAddress::Tcp { .. } | RemoteAddress::Tls { .. } => Ok((
                Client { has_said: false, is_there: false },
                IpAddr::V4(Ipv4Addr::LOCALHOST).into(),
            )),
            RemoteAddress::Unix(_) | RemoteAddress::Open(_) => Err(ErrorKind::NotFound.into()),
        }
    }

    fn register(&mut self, _: &mut Client, _: usize) -> io::Result<()> {
        Ok(())
    }
}

struct Client {
    has_said: bool,
    is_there: bool,
}

impl Read for Client {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match std::mem::replace(&mut self.has_said, true) {
            false => (&b"hi"[..]).read(buffer),
            true => Err(ErrorKind::ConnectionReset.into()),
        }
    }
}

impl Write for Client {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len().min(10))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for Client {
    fn wants(&self) -> Wants {
        if self.is_there { Wants::Nothing } else { Wants::Write }
    }

    fn advance(&mut self) -> io::Result<()> {
        self.is_there = true;
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        Err(ErrorKind::NotConnected.into())
    }
}

/// The questions of a loop, and the answers.
fn run<W: World>(world: &mut W, words: &[&str], reason: CloseReason) -> Vec<String> {
    let mut told = Vec::new();
    let mut meter = world.meter();
    world.poll(None, |edge| told.push(format!("{edge:?}"))).expect("it can be polled");
    told.push(format!("{:?} {} {:?}", world.now(), meter.read_us(), world.signals()));
    told.push(format!("{:?}", world.accept(1).map(|_| ()).map_err(|error| error.kind())));
    let (mut stream, peer) = world.accept(0).expect("somebody is there");
    told.push(format!("{peer} {:?}", world.register(&mut stream, 0)));
    let mut buffer = [0; 100];
    for _ in 0..2 {
        let read = stream.read(&mut buffer).map_err(|error| error.kind() == ErrorKind::WouldBlock);
        told.push(format!("{read:?} {:?}", &buffer[..2]));
    }
    let slices: Vec<IoSlice<'_>> = words.iter().map(|it| IoSlice::new(it.as_bytes())).collect();
    told.push(format!("{:?}", stream.write_vectored(&slices).map_err(|error| error.kind())));
    told.push(format!("{:?}", stream.end().is_ok()));
    stream.gone(reason);
    told
}

/// The answers to a loop that makes connections.
fn call_out<W: World>(world: &mut W) -> Vec<String> {
    let mut told = Vec::new();
    let unix = world.connect(RemoteAddress::Unix("none".into()));
    told.push(format!("{}", unix.is_err()));
    let tcp = RemoteAddress::Tcp { host: "localhost".to_owned(), port: 1 };
    let (mut stream, peer) = world.connect(tcp).expect("somebody is there");
    told.push(format!("{peer} {:?}", stream.wants()));
    stream.advance().expect("it gets there");
    told.push(format!("{:?} {:?}", stream.wants(), stream.write(b"hello").ok()));
    told
}

const WORDS: [&str; 2] = ["good ", "morning"];

/// The file of a recorded run, and the answers to the loop.
fn recorded() -> (Vec<u8>, Vec<String>) {
    let disk = Disk(Shared::new(Vec::new()));
    let record = Record::begin(disk.clone(), "small").expect("a vector takes it");
    let mut world = Recorder::new(Small, &record);
    let mut told = run(&mut world, &WORDS, CloseReason::Eof);
    told.extend(call_out(&mut world));
    record.finish();
    (disk.0.with(|disk| disk.clone()), told)
}

fn replay(file: Vec<u8>) -> Replay {
    Replay::open(Cursor::new(file)).expect("it is a record")
}

#[test]
fn a_replay_is_told_the_same_and_is_recorded_as_the_same() {
    let (file, told) = recorded();
    let replay = replay(file.clone());
    assert_eq!(replay.about(), "small");
    let again = Disk(Shared::new(Vec::new()));
    let record = Record::begin(again.clone(), "small").expect("a vector takes it");
    let mut world = Recorder::new(replay.world(1), &record);
    let mut again_told = run(&mut world, &WORDS, CloseReason::Eof);
    again_told.extend(call_out(&mut world));
    assert_eq!(again_told, told);
    record.finish();
    assert!(again.0.with(|again| *again == file));
    let replayed = replay.finish().expect("it is the same");
    assert_eq!(replayed, Replayed { turns: 1, connections: 2, bytes: 10, is_cut: false });
}

#[test]
fn the_first_difference_is_named() {
    let differs = |words: &[&str], reason| {
        let replay = replay(recorded().0);
        run(&mut replay.world(1), words, reason);
        replay.finish().expect_err("it is another run").to_string()
    };
    let who = "turn 1: connection 1 (127.0.0.1)";
    for (words, around) in [(["goodbye", "!"], "goodb"), (["goo", ""], "goo")] {
        let same = "good ".bytes().zip(around.bytes()).take_while(|(one, other)| one == other);
        let expected = format!(
            "{who} is sent other bytes from byte {} on\n  recorded: \"good \"\n  replayed: \"",
            same.count()
        );
        let told = differs(&words, CloseReason::Eof);
        assert!(told.starts_with(&expected) && told.contains(around), "{told}");
    }
    let waiting = differs(&["good ", "morning", "!"], CloseReason::Eof);
    assert_eq!(
        waiting,
        format!("turn 1: for connection 1 (127.0.0.1) 12 bytes waited, and now 13")
    );
    let closed = differs(&WORDS, CloseReason::Quit);
    assert_eq!(closed, format!("{who} was closed as eof, and now as quit"));
}

#[test]
fn a_loop_that_goes_on_where_the_record_has_ended_is_stopped() {
    let replay = replay(recorded().0);
    let mut world = replay.world(1);
    run(&mut world, &WORDS, CloseReason::Eof);
    call_out(&mut world);
    assert!(world.poll(None, |_| ()).is_err());
    let mut meter = world.meter();
    assert_eq!(meter.read_us(), meter.read_us(), "no time passes");
    let mut random = [[0; 15]; 2];
    random.iter_mut().for_each(|random| replay.entropy()(random));
    assert_ne!(random[0], random[1]);
    let ended = replay.finish();
    let Err(ReplayError::Differs(difference)) = ended else { panic!("not {ended:?}") };
    assert_eq!(difference.turn, 1);
}
