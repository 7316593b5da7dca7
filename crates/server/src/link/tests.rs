use super::*;
use crate::limits::REDIS_COMMAND_MS;
use mio_wire::resp::{Decoder, Error, Items};
use std::fmt::Write;

const HELLO: &[u8] = b"%1\r\n$5\r\nproto\r\n:3\r\n";
const PONG: &[u8] = b"+PONG\r\n";

fn link(url: &str) -> RedisLink {
    RedisLink::new(Redis::at(url).expect("it is a URL"))
}

/// A link that is up since `now_ms`.
fn up(now_ms: u64) -> RedisLink {
    let mut link = link("redis://localhost");
    let mut out = Vec::new();
    assert_eq!(link.woke(now_ms, &mut out), Ok(true));
    link.connected(now_ms, &mut out);
    assert_eq!(hear(&mut link, now_ms, &[HELLO, PONG].concat()), "Own Greeting");
    assert!(link.is_up());
    link
}

/// The outcome of these bytes.
fn hear(link: &mut RedisLink, now_ms: u64, bytes: &[u8]) -> String {
    hear_in(link, now_ms, [bytes])
}

fn hear_in<'a>(
    link: &mut RedisLink,
    now_ms: u64,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> String {
    let mut decoder = Decoder::default();
    let mut told = String::new();
    for mut piece in pieces {
        loop {
            let answered = match decoder.next(&mut piece) {
                Ok(Some(reply)) => link.answered(now_ms, &reply),
                Ok(None) => break,
                Err(error) => Err(error.into()),
            };
            let space = if told.is_empty() { "" } else { " " };
            match answered {
                Ok(answered) => write!(told, "{space}{answered:?}").expect("a text takes it"),
                Err(why) => return format!("{told}{space}{why}"),
            }
        }
    }
    told
}

#[test]
fn urls_are_read_and_shown_without_their_secrets() {
    let shown = |url: &str| Redis::at(url).map(|redis| redis.to_string());
    for (url, text) in [
        ("redis://localhost", "redis://localhost:6379"),
        ("redis://localhost/", "redis://localhost:6379"),
        ("redis://:secret@10.0.0.1:1/15", "redis://10.0.0.1:1/15"),
        ("redis://a%40b:s%3Aec@host.example", "redis://host.example:6379"),
        ("redis://[::1]", "redis://[::1]:6379"),
        ("redis://[::1]:7000/1", "redis://[::1]:7000/1"),
        ("redis+unix:///run/redis.sock", "unix:/run/redis.sock"),
        ("redis+unix:///run/redis.sock?db=3", "unix:/run/redis.sock?db=3"),
        ("unix:redis.sock", "unix:redis.sock"),
    ] {
        assert_eq!(shown(url), Ok(text.to_owned()), "{url}");
    }
    for (url, error) in [
        ("http://localhost", RedisUrlError::Scheme),
        ("localhost:6379", RedisUrlError::Scheme),
        ("redis://", RedisUrlError::Host),
        ("redis://:secret@", RedisUrlError::Host),
        ("redis://a b", RedisUrlError::Host),
        ("redis://[::1]x", RedisUrlError::Host),
        ("redis://host:0", RedisUrlError::Port),
        ("redis://host:65536", RedisUrlError::Port),
        ("redis://host/-1", RedisUrlError::Database),
        ("redis://host/one", RedisUrlError::Database),
        ("unix:", RedisUrlError::Host),
        ("unix:/run/redis.sock?database=1", RedisUrlError::Database),
        ("redis://%zz@host", RedisUrlError::Credentials),
        ("redis://:%ff@host", RedisUrlError::Credentials),
    ] {
        assert_eq!(shown(url), Err(error), "{url}");
        assert!(!error.to_string().is_empty());
    }
}

#[test]
fn the_greeting_says_who_comes_and_where_to() {
    let greeting = |redis: &Redis| {
        let mut out = Vec::new();
        let count = redis.greet(&mut out);
        let mut decoder = Decoder::default();
        let mut input = &out[..];
        let mut all = Vec::new();
        while let Ok(Some(command)) = decoder.next(&mut input) {
            let words = command.items().into_iter().flat_map(|items: Items<'_>| {
                items.filter_map(|item| item.as_bytes().map(|it| it.escape_ascii().to_string()))
            });
            all.push(words.collect::<Vec<_>>().join(" "));
        }
        assert_eq!(all.len(), count);
        all
    };
    let plain = Redis::at("redis://localhost").expect("it is a URL");
    assert_eq!(greeting(&plain), ["HELLO 3", "PING"]);
    let full = Redis::at("redis://me:a%40b@localhost/7").expect("it is a URL").name("my chat");
    assert_eq!(greeting(&full), ["HELLO 3 AUTH me a@b SETNAME my-chat", "SELECT 7", "PING"]);
    let password = Redis::at("redis://:secret@localhost").expect("it is a URL");
    assert_eq!(greeting(&password), ["HELLO 3 AUTH default secret", "PING"]);
    assert_eq!(format!("{full:?}"), "Redis(redis://localhost:6379/7)");
}

#[test]
fn a_link_comes_up_and_answers_in_order_however_its_bytes_are_cut() {
    let bytes =
        [HELLO, b"+OK\r\n", PONG, b":1\r\n>2\r\n+message\r\n+hi\r\n-OOM full\r\n$1\r\nx\r\n"];
    let bytes = bytes.concat();
    let run = |cut: usize| {
        let mut link = link("redis://localhost/1");
        let mut out = Vec::new();
        assert_eq!(link.send(0, &[b"PING"], 1), Err(NotSent::Down));
        assert_eq!(link.woke(0, &mut out), Ok(true));
        assert_eq!((link.is_connecting(), link.next_ms()), (true, None));
        link.connected(0, &mut out);
        assert_eq!(link.next_ms(), Some(REDIS_GREETING_MS));
        let greeting = [HELLO, b"+OK\r\n", PONG].concat().len();
        let mut told = hear_in(&mut link, 5, cuts(&bytes[..greeting], cut));
        for token in [7, 8, 9] {
            assert_eq!(link.send(5, &[b"GET", b"key"], token), Ok(()));
        }
        told.push(' ');
        told.push_str(&hear_in(&mut link, 6, cuts(&bytes[greeting..], cut)));
        told
    };
    let whole = "Own Own Greeting Command(7) Push Command(8) Command(9)";
    for cut in 0..bytes.len() {
        assert_eq!(run(cut), whole, "cut at {cut}");
    }
}

/// These bytes in two pieces.
fn cuts(bytes: &[u8], cut: usize) -> [&[u8]; 2] {
    let (one, other) = bytes.split_at(cut.min(bytes.len()));
    [one, other]
}

#[test]
fn what_keeps_a_link_from_coming_up_is_named() {
    let greeted = |bytes: &[u8]| {
        let mut link = link("redis://:wrong@localhost");
        let mut out = Vec::new();
        assert_eq!(link.woke(0, &mut out), Ok(true));
        link.connected(0, &mut out);
        hear(&mut link, 0, bytes)
    };
    let cases: [(&[u8], &str); 9] = [
        (b"-WRONGPASS invalid username-password pair\r\n", "unauthorized"),
        (b"-NOAUTH HELLO must be called with the client already authenticated\r\n", "unauthorized"),
        (b"-ERR unknown command `HELLO`\r\n", "refused"),
        (b"-NOPROTO unsupported protocol version\r\n", "refused"),
        (b"HTTP/1.1 400 Bad Request\r\n", "malformed"),
        (b"\x15\x03\x03", "malformed"),
        (b"$999999999999\r\n", "too-large"),
        (b"+PONG\r\n+PONG\r\n+PONG\r\n", "Own Greeting unexpected"),
        (b">1\r\n+hi\r\n+PONG\r\n-NOPERM no\r\n", "Own Own Greeting"),
    ];
    for (bytes, told) in cases {
        assert_eq!(greeted(bytes), told, "{}", bytes.escape_ascii());
    }
    assert_eq!(LinkLost::from(Error::TooDeep), LinkLost::TooLarge);
}

#[test]
fn one_that_loads_is_asked_until_it_is_ready() {
    let mut link = link("redis://localhost");
    let mut out = Vec::new();
    assert_eq!(link.woke(0, &mut out), Ok(true));
    link.connected(0, &mut out);
    let loading = b"-LOADING Redis is loading the dataset in memory\r\n";
    assert_eq!(hear(&mut link, 0, &[HELLO, loading].concat()), "Own Own");
    for time in 1..100 {
        let now_ms = time * REDIS_LOADING_MS;
        assert_eq!(link.next_ms(), Some(now_ms));
        out.clear();
        assert_eq!(
            (link.woke(now_ms, &mut out), &out[..]),
            (Ok(false), &b"*1\r\n$4\r\nPING\r\n"[..])
        );
        assert_eq!(hear(&mut link, now_ms, loading), "Own");
    }
    let now_ms = 100 * REDIS_LOADING_MS;
    assert_eq!(link.woke(now_ms, &mut out), Ok(false));
    assert_eq!(link.woke(now_ms + REDIS_GREETING_MS, &mut out), Err(LinkLost::Timeout));
    assert_eq!(hear(&mut link, now_ms, PONG), "Greeting");
}

#[test]
fn what_is_without_an_answer_is_bounded_and_lost_with_the_connection() {
    let mut link = up(0);
    let value = [b'x'; 1_000];
    let mut sent = 0;
    let refused = loop {
        match link.send(1, &[b"SET", b"key", &value], sent) {
            Ok(()) => sent += 1,
            Err(refused) => break refused,
        }
    };
    let bytes = resp::command_bytes(&[b"SET", b"key", &value]) as u64;
    assert_eq!((refused, sent), (NotSent::Full, REDIS_BACKLOG_BYTES_MAX as u64 / bytes));
    assert_eq!(hear(&mut link, 2, b"+OK\r\n"), "Command(0)");
    assert_eq!(link.send(3, &[b"SET", b"key", &value], sent), Ok(()));
    assert_eq!(link.woke(1 + REDIS_COMMAND_MS - 1, &mut Vec::new()), Ok(false));
    assert_eq!(link.woke(1 + REDIS_COMMAND_MS, &mut Vec::new()), Err(LinkLost::Timeout));
    link.lost(1 + REDIS_COMMAND_MS, 0);
    assert_eq!(link.send(9, &[b"PING"], 0), Err(NotSent::Down));
    let lost: Vec<u64> = std::iter::from_fn(|| link.take_lost()).collect();
    assert_eq!(lost, (1..=sent).collect::<Vec<_>>());
    assert_eq!(link.unanswered_bytes, 0);
}

#[test]
fn commands_that_would_mix_up_replies_are_refused() {
    let mut link = up(0);
    let refused: [&[&[u8]]; 5] =
        [&[], &[b"monitor"], &[b"QUIT", b"now"], &[b"Client", b"REPLY", b"OFF"], &[b"HELLO", b"2"]];
    for parts in refused {
        assert_eq!(link.send(0, parts, 1), Err(NotSent::Unsuited), "{parts:?}");
    }
    assert_eq!(link.send(0, &[b"CLIENT", b"ID"], 1), Ok(()));
    assert_eq!(link.send(0, &[b"CLIENT"], 1), Ok(()));
}

#[test]
fn a_subscription_is_answered_by_its_last_confirmation() {
    let mut link = up(0);
    assert_eq!(link.send(0, &[b"subscribe", b"a", b"b"], 1), Ok(()));
    assert_eq!(link.send(0, &[b"GET", b"key"], 2), Ok(()));
    let confirmation = |channel: &str| format!(">3\r\n+subscribe\r\n+{channel}\r\n:1\r\n");
    let message = ">3\r\n+message\r\n+a\r\n+hi\r\n";
    let bytes = [&confirmation("a"), message, &confirmation("b"), "_\r\n", message].concat();
    let told = "Own Push Command(1) Command(2) Push";
    assert_eq!(hear(&mut link, 1, bytes.as_bytes()), told);
    assert_eq!(link.send(2, &[b"SUBSCRIBE", b"a"], 3), Ok(()));
    assert_eq!(hear(&mut link, 2, b"-NOPERM no\r\n"), "Command(3)");
    assert_eq!(hear(&mut link, 3, confirmation("c").as_bytes()), "Push");
}

#[test]
fn a_silent_link_is_asked_whether_it_is_there() {
    let mut link = up(0);
    assert_eq!(link.next_ms(), Some(REDIS_IDLE_MS));
    let mut out = Vec::new();
    assert_eq!(link.woke(REDIS_IDLE_MS, &mut out), Ok(false));
    assert_eq!(out, b"*1\r\n$4\r\nPING\r\n");
    assert_eq!(hear(&mut link, REDIS_IDLE_MS + 5, PONG), "Own");
    assert_eq!(link.next_ms(), Some(2 * REDIS_IDLE_MS + 5));
    assert_eq!(link.woke(2 * REDIS_IDLE_MS + 5, &mut out), Ok(false));
    let due_ms = 2 * REDIS_IDLE_MS + 5 + REDIS_COMMAND_MS;
    assert_eq!(link.woke(due_ms, &mut out), Err(LinkLost::Timeout));
    link.lost(due_ms, 0);
    assert_eq!(link.take_lost(), None, "the application has sent nothing");
}

#[test]
fn pauses_grow_are_spread_and_begin_anew_after_a_while() {
    let pause = |link: &mut RedisLink, now_ms: u64, random: u64| {
        link.lost(now_ms, random);
        link.next_ms().expect("it tries again") - now_ms
    };
    for (random, shortest) in [(0, true), (u64::MAX / 2, false), (12_345, false)] {
        let mut link = up(0);
        let mut longest_ms = LINK_PAUSE_MS_MIN;
        for _ in 0..100 {
            let pause_ms = pause(&mut link, 10, random);
            assert!(
                (longest_ms / 2..=longest_ms).contains(&pause_ms),
                "{pause_ms} of {longest_ms}"
            );
            assert!(!shortest || pause_ms == longest_ms / 2);
            longest_ms = (2 * longest_ms).min(LINK_PAUSE_MS_MAX);
        }
        assert_eq!(longest_ms, LINK_PAUSE_MS_MAX);
    }
    // A link that was up for long begins with the shortest pause; another one goes on with longer
    // ones.
    for (lasted_ms, is_new) in [(LINK_PAUSE_MS_MAX, true), (LINK_PAUSE_MS_MAX - 1, false)] {
        let mut link = up(0);
        (0..10).for_each(|_| _ = pause(&mut link, 0, 0));
        let since_ms = LINK_PAUSE_MS_MAX;
        assert_eq!(link.woke(since_ms, &mut Vec::new()), Ok(true));
        link.connected(since_ms, &mut Vec::new());
        hear(&mut link, since_ms, &[HELLO, PONG].concat());
        let pause_ms = pause(&mut link, since_ms + lasted_ms, 0);
        assert_eq!(pause_ms == LINK_PAUSE_MS_MIN / 2, is_new, "{pause_ms}");
    }
    let mut link = up(0);
    link.end();
    assert_eq!((link.next_ms(), link.is_up()), (None, false));
}
