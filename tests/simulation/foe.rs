//! An attacker at another address who sends the most costly input, and never waits for an answer.
//! Their messages go to a room of their own.

use crate::harness::{At, World};
use crate::link::Link;
use fastrand::Rng;
use mio_socketio::{AddressLimits, Rate};
use mio_wire::ws::Opcode;
use std::net::{IpAddr, Ipv4Addr};

const ADDRESSES: usize = 3;
const CONNECTIONS_MAX: usize = 30;
/// Memory that the server may hold for all: less than a few clients need that read nothing.
pub const MEMORY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Time after which all input of broken connections is handled: some 16 KiB each, of which every
/// line may be a question that counts as five.
pub const DONE_MS: u64 = 900_000;

/// Limits of one address, which are soon reached.
pub fn limits() -> AddressLimits {
    AddressLimits::default()
        .connections_max(4)
        .arrivals(Rate::per_second(5, 12))
        .sessions_max(4)
        .handshakes(Rate::per_second(3, 8))
        .unjoined_max(2)
        .posts(Rate::per_second(40, 200))
        .bytes(Rate::per_second(32 * 1024, 128 * 1024))
        .work_us(Rate::per_second(200_000, 50_000))
        .held_bytes_max(256 * 1024)
}

#[derive(Default)]
pub struct Foe {
    lines: Vec<usize>,
    links: Vec<Link>,
    /// Connections that have gone, whose input the server may still have to read.
    gone: Vec<usize>,
    names: usize,
}

impl Foe {
    pub fn act<S>(&mut self, world: &mut World<S>, random: &mut Rng) {
        self.forget_gone(world);
        match random.usize(..12) {
            0..=3 => self.come(world, random),
            4 => self.go(world, random),
            5 => self.say(world, random, &["x".repeat(4_000), "\n".to_owned()].concat(), 60),
            6 => self.say(world, random, "/rooms\n/who\n/history 200\n/search the x\n", 60),
            7 => {
                self.names += 1;
                let names = format!("/nick f{}\n/join foes{}\n", self.names, self.names % 9);
                self.say(world, random, &names, 10);
            }
            8 => self.ask(world, random),
            9 => self.begin_what_does_not_end(world, random),
            10 => self.shake_hands(world, random),
            _ => {
                for client in self.clients() {
                    world.clients[client].take(random.usize(..10_000));
                }
            }
        }
    }

    /// All connections go at once, without a goodbye.
    pub fn vanish<S>(&mut self, world: &World<S>) {
        let all = self.clients().chain(self.gone.iter().copied());
        all.for_each(|client| world.clients[client].reset());
        *self = Self::default();
    }

    fn clients(&self) -> impl Iterator<Item = usize> {
        self.lines.iter().copied().chain(self.links.iter().map(|link| link.client))
    }

    fn forget_gone<S>(&mut self, world: &World<S>) {
        let is_gone = |client: usize| !world.clients[client].is_open();
        self.gone.extend(self.lines.extract_if(.., |client| is_gone(*client)));
        let links = self.links.extract_if(.., |link| is_gone(link.client));
        self.gone.extend(links.map(|link| link.client));
    }

    /// Makes some connections, of which only some are admitted.
    fn come<S>(&mut self, world: &mut World<S>, random: &mut Rng) {
        for _ in 0..=random.usize(..6) {
            if self.clients().count() >= CONNECTIONS_MAX {
                return;
            }
            let host = 1 + random.usize(..ADDRESSES) as u8;
            let ip = IpAddr::V4(Ipv4Addr::new(192, 0, 2, host));
            let window = 1 << random.usize(..20);
            let door = if random.bool() { At::Lines } else { At::Http };
            let Some(client) = world.connect_from(ip, door, window) else { continue };
            match door {
                At::Lines => {
                    world.clients[client].send(b"/join foes\n");
                    self.lines.push(client);
                }
                At::Http => {
                    let mut link = Link::over(client);
                    if random.usize(..4) != 0 {
                        link.websocket("/socket.io/?EIO=4&transport=websocket");
                        link.frame(Opcode::Text, b"40/chat,{}");
                        link.push(world, random, true);
                    }
                    self.links.push(link);
                }
            }
        }
    }

    fn go<S>(&self, world: &World<S>, random: &mut Rng) {
        for client in self.clients() {
            match random.usize(..8) {
                0 => world.clients[client].reset(),
                1 => world.clients[client].end(),
                2 => world.clients[client].close(),
                _ => (),
            }
        }
    }

    fn say<S>(&self, world: &World<S>, random: &mut Rng, text: &str, times_max: usize) {
        for client in &self.lines {
            if random.bool() {
                let text = text.repeat(1 + random.usize(..times_max));
                world.clients[*client].send(text.as_bytes());
            }
        }
    }

    /// Sends requests that cost as much work as possible.
    fn ask<S>(&mut self, world: &World<S>, random: &mut Rng) {
        let long = "\u{fdfa}".repeat(1 + random.usize(..20_000));
        let requests = [
            "42/chat,1[\"rooms\",{}]".to_owned(),
            "42/chat,1[\"history\",{\"room\":\"lobby\",\"limit\":100}]".to_owned(),
            format!("42/chat,1[\"nick\",{{\"nick\":\"{long}\"}}]"),
            format!("42/chat,1[\"dm\",{{\"to\":\"{long}\",\"text\":\"x\"}}]"),
            format!("42/chat,1[{}]", vec!["1"; 1 + random.usize(..20_000)].join(",")),
        ];
        for link in &mut self.links {
            for _ in 0..random.usize(..8) {
                link.frame(Opcode::Text, requests[random.usize(..requests.len())].as_bytes());
            }
            link.push(world, random, true);
        }
    }

    /// Begins messages, attachments and bodies without ending them.
    fn begin_what_does_not_end<S>(&mut self, world: &World<S>, random: &mut Rng) {
        for link in &mut self.links {
            match random.usize(..3) {
                0 => link.frame(Opcode::Binary, &vec![7; random.usize(..200_000)]),
                1 => {
                    let packet = "451-[\"message\",{\"_placeholder\":true,\"num\":0}]";
                    link.frame(Opcode::Text, packet.as_bytes());
                }
                _ => link.frame(Opcode::Text, &vec![b'x'; random.usize(..200_000)]),
            }
            link.push(world, random, false);
            link.forget_unsent();
        }
    }

    fn shake_hands<S>(&mut self, world: &World<S>, random: &mut Rng) {
        for link in &mut self.links {
            for _ in 0..random.usize(..20) {
                link.request("GET", "/socket.io/?EIO=4&transport=polling", "", b"");
            }
            link.push(world, random, true);
        }
    }
}
