//! A server with a line door and a link, and its loop.

use mio_socketio::net::{ListenAddress, Listener, Reactor, System};
use mio_socketio::redis::{CommandError, LinkState, Redis};
use mio_socketio::{Context, Listen, Server};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Time for a command.
pub const COMMAND: Duration = Duration::from_millis(500);
/// The loop turns at least this often, so that a test sees what has happened.
const TICK_MS: u64 = 5;
/// The longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Default)]
pub struct Log {
    told: Vec<String>,
    /// Commands so far: each has its number as its token.
    sent: u64,
}

pub struct Node {
    reactor: Reactor<System>,
    server: Server<Log>,
    client: TcpStream,
    /// The number of log lines seen so far.
    seen: usize,
}

impl Node {
    pub fn new(url: &str) -> Self {
        let address = "127.0.0.1:0".parse::<ListenAddress>().expect("an address");
        let listener = Listener::open(&address, false, None).expect("a port is free");
        let address = listener.address().expect("it has an address");
        let client = TcpStream::connect(address.tcp().expect("it is TCP")).expect("it connects");
        client.set_nonblocking(true).expect("it can be");
        let system = System::new(vec![listener]).expect("there is a poll");
        let mut server = server(url);
        server.set_listen(Listen::default().addresses(vec![address]));
        Self { reactor: Reactor::new(system), server, client, seen: 0 }
    }

    /// Sends a command on the link by way of the line door.
    pub fn command(&mut self, line: &str) {
        self.client.write_all(format!("{line}\n").as_bytes()).expect("it is written");
    }

    /// Sends a line that the line door answers by itself.
    pub fn talk(&mut self, word: &str) {
        self.client.write_all(format!("echo {word}\n").as_bytes()).expect("it is written");
        let (start, mut heard) = (Instant::now(), Vec::new());
        while !String::from_utf8_lossy(&heard).contains(&format!("heard echo {word}\n")) {
            self.turn();
            let mut buffer = [0; 1024];
            match self.client.read(&mut buffer) {
                Ok(count) => heard.extend_from_slice(&buffer[..count]),
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
            assert!(start.elapsed() < PATIENCE, "the line door does not answer");
        }
    }

    pub fn told(&self) -> &[String] {
        &self.server.state().told
    }

    /// Forgets the news so far.
    pub fn forget(&mut self) {
        self.seen = self.told().len();
    }

    pub fn has(&self, what: &str) -> bool {
        self.told().iter().skip(self.seen).any(|told| told.starts_with(what))
    }

    pub fn until(&mut self, what: &str) {
        self.until_within(what, PATIENCE);
    }

    /// Runs the loop until there is news that begins with `what`, and forgets the news before it.
    pub fn until_within(&mut self, what: &str, time: Duration) {
        let start = Instant::now();
        while !self.has(what) {
            self.turn();
            assert!(start.elapsed() < time, "no {what:?} in {:?}", self.told());
        }
        let at = self.told().iter().skip(self.seen).position(|told| told.starts_with(what));
        self.seen += at.map_or(0, |at| at + 1);
    }

    pub fn run_for(&mut self, time: Duration) {
        let start = Instant::now();
        while start.elapsed() < time {
            self.turn();
        }
    }

    fn turn(&mut self) {
        self.reactor.turn(&mut self.server).expect("it can be polled");
    }
}

fn tick(cx: &mut Context<'_, Log>) {
    cx.after(TICK_MS, tick);
}

fn server(url: &str) -> Server<Log> {
    let command_ms = u64::try_from(COMMAND.as_millis()).expect("it is short");
    let redis = Redis::at(url).expect("it is a URL").name("test").command_ms(command_ms);
    Server::<Log>::builder()
        .on_connect(|cx, _| tick(cx))
        .on_line(|cx, socket, line| {
            if line.starts_with("echo ") {
                return cx.send(socket, format_args!("heard {line}"));
            }
            cx.state.sent += 1;
            let token = cx.state.sent;
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            if let Err(why) = cx.redis("test", &words, token) {
                cx.state.told.push(format!("{token}: not sent, {why}"));
            }
        })
        .redis("test", redis, |link| {
            link.on_state(|cx, state| {
                cx.state.told.push(match state {
                    LinkState::Up => "up".to_owned(),
                    LinkState::Down(why) => format!("down {why}"),
                });
            })
            .on_reply(|cx, token, reply| {
                cx.state.told.push(match reply {
                    Ok(reply) => format!("{token}: {reply:?}"),
                    Err(CommandError::Failed(error)) => {
                        format!("{token}: failed {:?}: {error}", error.code())
                    }
                    Err(lost) => format!("lost: {lost}"),
                });
            })
            .on_push(|cx, items| cx.state.told.push(format!("push of {}", items.len())))
        })
        .build(Log::default())
}
