//! A simulated Socket.IO client's reaction to its input, and its next output.

use super::*;

impl Engine {
    pub(super) fn take_poll<S>(&mut self, world: &World<S>, orders: &HashMap<&'static str, usize>) {
        let Some(link) = &mut self.poll else { return };
        let response = link.response();
        let lost = link.is_lost(world);
        if let Some(response) = response {
            assert!(std::mem::take(&mut self.polls), "an answer to a poll");
            if response.closes {
                self.poll = None;
            }
            // A poll that comes after a WebSocket has taken over is refused.
            if response.status == 400 && self.stage == Stage::Carries {
                return;
            }
            if response.status != 200 {
                let body = String::from_utf8_lossy(&response.body);
                return self.end(world, &format!("a poll is answered {} {body}", response.status));
            }
            self.payload(world, orders, &response.body, response.is_octet_stream);
        } else if lost {
            self.poll = None;
            if self.polls {
                self.end(world, "a poll is lost");
            }
        }
    }

    pub(super) fn take_post<S>(&mut self, world: &World<S>) {
        let Some(link) = &mut self.post else { return };
        let response = link.response();
        let lost = link.is_lost(world);
        if let Some(response) = response {
            assert!(std::mem::take(&mut self.posts), "an answer to a post");
            if response.closes {
                self.post = None;
            }
            if response.status != 200 {
                let body = String::from_utf8_lossy(&response.body);
                return self.end(world, &format!("a post is answered {} {body}", response.status));
            }
            assert_eq!(response.body, b"ok");
        } else if lost {
            self.post = None;
            if self.posts {
                self.end(world, "a post is lost");
            }
        }
    }

    pub(super) fn take_messages<S>(
        &mut self,
        world: &World<S>,
        orders: &HashMap<&'static str, usize>,
    ) {
        let Some(link) = &mut self.websocket else { return };
        if self.stage == Stage::Begun {
            if let Some(response) = link.response() {
                if response.status != 101 {
                    let why = format!("a WebSocket is answered {}", response.status);
                    return self.lose_websocket(world, &why);
                }
                if self.plan == Plan::WebSocket {
                    self.stage = Stage::Carries;
                } else {
                    link.frame(Opcode::Text, b"2probe");
                    self.stage = Stage::Probing;
                }
            } else if link.is_lost(world) {
                return self.lose_websocket(world, "a WebSocket is lost at once");
            }
        }
        if matches!(self.stage, Stage::None | Stage::Begun) {
            return;
        }
        let Some(link) = &mut self.websocket else { return };
        let messages = link.messages();
        let lost = link.is_lost(world);
        for message in messages {
            match message {
                _ if self.is_gone => return,
                Message::Close(code) => {
                    return self.lose_websocket(world, &format!("closed with {code:?}"));
                }
                Message::Text(text) if self.stage == Stage::Carries => {
                    self.packet(world, orders, &text);
                }
                Message::Binary(bytes) if self.stage == Stage::Carries => {
                    match eio::binary(self.version, &bytes) {
                        Ok(Packet::Binary(bytes)) => self.attachment(&bytes),
                        other => panic!("{other:?}"),
                    }
                }
                Message::Text(text) if self.stage == Stage::Probing => {
                    assert_eq!(text, "3probe");
                    self.stage = Stage::Pausing;
                }
                other => assert_eq!(self.stage, Stage::Forgotten, "{other:?}"),
            }
        }
        if lost {
            self.lose_websocket(world, "the WebSocket is lost");
        }
    }

    /// A WebSocket that carries nothing yet is not a loss.
    fn lose_websocket<S>(&mut self, world: &World<S>, why: &str) {
        if self.stage == Stage::Carries || self.plan == Plan::WebSocket {
            return self.end(world, why);
        }
        if let Some(link) = self.websocket.take() {
            world.clients[link.client].end();
        }
        self.stage = Stage::None;
    }

    fn payload<S>(
        &mut self,
        world: &World<S>,
        orders: &HashMap<&'static str, usize>,
        body: &[u8],
        is_octet_stream: bool,
    ) {
        if self.sid.is_none() {
            let body = std::str::from_utf8(body).expect("the first packet is text");
            return self.open(world, body);
        }
        for packet in Payload::new(self.version, is_octet_stream, body) {
            if self.is_gone {
                return;
            }
            self.one(world, orders, packet.expect("the server sends packets"));
        }
    }

    fn packet<S>(&mut self, world: &World<S>, orders: &HashMap<&'static str, usize>, text: &str) {
        if self.sid.is_none() {
            return self.open(world, text);
        }
        self.one(world, orders, eio::text(self.version, text).expect("the server sends packets"));
    }

    fn open<S>(&mut self, world: &World<S>, packet: &str) {
        let sid = packet.split("\"sid\":\"").nth(1).and_then(|rest| rest.split('"').next());
        self.sid = Some(sid.expect("a session has an id").to_owned());
        self.ping_due_ms = world.now.ms + PING_MS;
        if self.version == Version::V4 {
            self.say("0".to_owned());
        }
    }

    fn one<S>(
        &mut self,
        world: &World<S>,
        orders: &HashMap<&'static str, usize>,
        packet: Packet<'_>,
    ) {
        match packet {
            Packet::Close => self.end(world, "the server ends the session"),
            Packet::Ping(data) if self.version == Version::V4 => {
                if !self.is_deaf {
                    self.outgoing.push_back(Message::Text(format!("3{data}")));
                }
            }
            Packet::Pong(_) if self.version == Version::V3 => (),
            Packet::Noop => (),
            Packet::Binary(bytes) => self.attachment(&bytes),
            Packet::Text(text) => {
                assert!(self.awaited == 0 || self.lost_count, "attachments come at once: {text}");
                self.socket_packet(orders, text);
            }
            other => panic!("{other:?}"),
        }
    }

    fn attachment(&mut self, bytes: &[u8]) {
        if self.lost_count {
            return;
        }
        assert!(self.awaited > 0, "bytes belong to something");
        self.awaited -= 1;
        assert!(bytes.iter().enumerate().all(|(at, byte)| *byte == at as u8), "bytes are kept");
    }

    fn socket_packet(&mut self, orders: &HashMap<&'static str, usize>, text: &str) {
        self.packets += 1;
        let (kind, rest) = text.split_at(1);
        match kind {
            "0" => {
                self.is_joined = true;
                self.acks.clear();
                self.heard.push(Heard::Connected(orders.get("lobby").copied().unwrap_or(0)));
            }
            "2" => {
                let event: Vec<Value> = serde_json::from_str(rest).expect("an event");
                if let [Value::String(name), Value::String(text)] = &event[..]
                    && name == "message"
                {
                    self.heard.extend(post_in(text).map(Heard::Post));
                }
            }
            "3" => {
                let from = rest.find('[').expect("an answer has arguments");
                let id: u64 = rest[..from].parse().expect("an answer has a number");
                if let Some((joins, room)) = self.acks.remove(&id) {
                    let so_far = orders.get(room).copied().unwrap_or(0);
                    let joined = Heard::Joined(room, so_far);
                    self.heard.push(if joins { joined } else { Heard::Left(room) });
                    // It may have asked to come back since then.
                    if self.acks.values().any(|asked| *asked == (true, room)) {
                        self.heard.push(Heard::Asked(room));
                    }
                }
            }
            "5" => {
                let from = rest.find('-').expect("attachments are counted");
                self.awaited = rest[..from].parse().expect("attachments are counted");
            }
            _ => panic!("{text}"),
        }
    }

    /// Begins everything that can begin now.
    pub(super) fn go_on<S>(&mut self, world: &mut World<S>, random: &mut Rng) {
        if self.plan == Plan::WebSocket {
            if self.websocket.is_none() {
                self.open_websocket(world);
            }
        } else if self.stage != Stage::Carries {
            if self.plan == Plan::Upgrade && self.sid.is_some() {
                self.go_on_upgrading(world, random);
            }
            if self.stage != Stage::Pausing && self.stage != Stage::Carries {
                self.go_on_polling(world, random);
            }
        }
        if self.stage == Stage::Carries && self.sid.is_some() {
            let Some(link) = &mut self.websocket else { return };
            for message in self.outgoing.drain(..) {
                match (message, self.version) {
                    (Message::Binary(bytes), Version::V3) => {
                        link.frame(Opcode::Binary, &[&[4], &bytes[..]].concat());
                    }
                    (Message::Binary(bytes), Version::V4) => link.frame(Opcode::Binary, &bytes),
                    (Message::Text(text), _) => link.frame(Opcode::Text, text.as_bytes()),
                    (Message::Close(_), _) => (),
                }
            }
        }
    }

    fn open_websocket<S>(&mut self, world: &mut World<S>) {
        let mut link = Link::open(world, self.window);
        link.websocket(&self.target("websocket"));
        self.websocket = Some(link);
        self.stage = Stage::Begun;
    }

    fn go_on_upgrading<S>(&mut self, world: &mut World<S>, random: &mut Rng) {
        if self.websocket.is_none() {
            if random.usize(..8) == 0 {
                self.open_websocket(world);
            }
            return;
        }
        if self.stage == Stage::Forgotten {
            return;
        }
        if random.usize(..24) == 0 {
            self.abort(world, random);
        } else if self.stage == Stage::Pausing
            && !self.posts
            && (!self.polls || random.usize(..8) == 0)
            && let Some(link) = &mut self.websocket
        {
            link.frame(Opcode::Text, b"5");
            self.stage = Stage::Carries;
            if let Some(link) = self.post.take() {
                world.clients[link.client].end();
            }
        }
    }

    /// Gives up a WebSocket half-way.
    fn abort<S>(&mut self, world: &World<S>, random: &mut Rng) {
        let Some(link) = &self.websocket else { return };
        let end = &world.clients[link.client];
        match random.usize(..4) {
            0 => end.reset(),
            1 => end.end(),
            2 => end.close(),
            _ if self.stage == Stage::Begun => return,
            _ => {
                self.stage = Stage::Forgotten;
                return;
            }
        }
        self.websocket = None;
        self.stage = Stage::None;
    }

    fn go_on_polling<S>(&mut self, world: &mut World<S>, random: &mut Rng) {
        let keeps = random.usize(..6) != 0;
        if !self.polls {
            let target = self.target("polling");
            let link = renewed(&mut self.poll, world, self.window, keeps);
            link.request("GET", &target, "", b"");
            self.polls = true;
        }
        if self.sid.is_some() && !self.posts && !self.outgoing.is_empty() {
            let count = self.outgoing.len().min(POST_PACKETS_MAX);
            let packets: Vec<Message> = self.outgoing.drain(..count).collect();
            let packets = packets.iter().map(|message| match message {
                Message::Text(text) => Outgoing::Text(text.as_bytes()),
                Message::Binary(bytes) => Outgoing::Binary(bytes),
                Message::Close(_) => Outgoing::Text(b"6"),
            });
            let mut body = Vec::new();
            let octets = eio::encode_payload(&mut body, self.version, self.base64, false, packets);
            let kind = if octets { "application/octet-stream" } else { "text/plain;charset=UTF-8" };
            let target = self.target("polling");
            let link = renewed(&mut self.post, world, self.window, keeps);
            link.request("POST", &target, &format!("Content-Type: {kind}\r\n"), &body);
            self.posts = true;
        }
    }
}

/// A connection for the next request: the last one, if it is `kept` and still open.
fn renewed<'l, S>(
    link: &'l mut Option<Link>,
    world: &mut World<S>,
    window: usize,
    kept: bool,
) -> &'l mut Link {
    if let Some(old) = link.take_if(|link| !kept || !world.clients[link.client].is_open()) {
        assert!(!old.has_input(), "nothing comes behind an answer");
        world.clients[old.client].end();
    }
    link.get_or_insert_with(|| Link::open(world, window))
}
