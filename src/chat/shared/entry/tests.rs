//! Facts are read as they were written, and entries that no server writes are refused.

use super::{Unread, WrittenFact, read, write};
use crate::chat::access::{self, AccessFact, InvitationMade};
use crate::chat::fact::{
    Admitted, Departed, Entered, Fact, InvitationUse, Joined, Key, Party, Relayed, Remembered,
    Renamed, Said, TopicSet, Way, Whispered,
};
use crate::chat::history::{ChatRole, Hook, Invitation, KeptPerson, Order, Token};
use crate::chat::interfaces::each::{ChatInterface, LineInterface, RootInterface};
use crate::chat::order::{self, Deed, Moderated, OrderFact, Removal, Removed, Unowned};
use crate::chat::people::Client;
use crate::chat::personal::{self, PersonalFact};
use crate::chat::refusal::{Ending, Refusal};
use crate::chat::registration::{self, DeviceEnded, EndedDevice, RegistrationFact};
use crate::chat::shared::socket_name::SocketName;
use crate::chat::shared::spoken::Spoken;
use crate::chat::{rules, words};
use crate::limits::FACT_BYTES_MAX;
use mio_socketio::{Args, Now, SocketId};
use std::collections::BTreeSet;
use std::rc::Rc;

const BY: SocketId = SocketId::new(7, 3);
const OTHER: SocketId = SocketId::new(8, 1);

fn rc(text: &str) -> Rc<str> {
    text.into()
}

fn name_of(socket: SocketId) -> SocketName {
    let name = format!("a/1.{}.{}", socket.index(), socket.generation());
    name.parse().expect("a name of a socket")
}

fn socket_of(name: &SocketName) -> Option<SocketId> {
    [BY, OTHER].into_iter().find(|socket| name_of(*socket) == *name)
}

fn admitted() -> Admitted {
    let now = Now { ms: 5, unix_ms: 1_000 };
    let record = KeptPerson::new(now, rc("id"), "secret", rc("alice"), rc("lobby"));
    Admitted {
        passing: Some(Refusal::TooMany("too many".to_owned())),
        ended: vec![Token::of("old")],
        left: vec![rc("ops")],
        known: vec![rc("lobby")],
        recovered: Some(true),
        is_renamed: true,
        ..Admitted::here(record, Client::Terminal, Some(9))
    }
}

fn invitation() -> Option<InvitationUse> {
    Some(InvitationUse { code: Token::of("code"), left: 2, until_ms: 7 })
}

/// One fact of each kind that is written.
fn facts(attachments: &[Vec<u8>]) -> Vec<Fact<'_>> {
    let (by, nick, room) = (BY, rc("alice"), rc("lobby"));
    let party = |nick: &str| Party { id: rc("id"), nick: rc(nick), returns: true };
    let key = Some(Key { key: "k", what: [1; 8] });
    let args =
        Args::new("\"a\",{\"_placeholder\":true,\"num\":0}", attachments).expect("arguments");
    let said = |text, relayed| {
        let (nick, room, sender) = (nick.clone(), room.clone(), Some(rc("id")));
        Fact::Said(Said { by, sender, nick, room, is_action: true, text, key, relayed })
    };
    let words = Relayed::Words { words: "alice: hi".to_owned(), is_long: true, is_for_all: true };
    let entered = |way| {
        let (nick, rooms) = (nick.clone(), vec![room.clone()]);
        Fact::Entered(Entered { by, nick, guest: Some(4), rooms, way, invitation: invitation() })
    };
    let record = Some(Box::new(admitted().record));
    let admitted = Some(Box::new(admitted()));
    let secret = Token::of("secret");
    let hook = Hook { name: rc("deploy"), room: room.clone(), secret, made_ms: 8 };
    let mut all = vec![
        entered(Way::unknown(&LineInterface)),
        entered(Way { id: Some(rc("id")), ..Way::unknown(&RootInterface) }),
        entered(Way { admitted, ..Way::unknown(&ChatInterface) }),
        Fact::Remembered(Remembered { by, returns: true, is_first: true, record }),
        Fact::Forgotten { by, unknown: Token::of("unknown") },
        said("a \"quoted\" \u{1f600} text", Some(Relayed::Args(args))),
        said("hi", Some(words)),
        Fact::Whispered(Whispered {
            by,
            author: party("alice"),
            to: Some(OTHER),
            reader: party("bob"),
            called: Some("Bob"),
            is_action: false,
            text: "psst",
            key,
            is_stranger: true,
            is_kept: true,
            from: None,
        }),
        Fact::TopicSet(TopicSet { by, nick: nick.clone(), room: room.clone(), topic: Some("t") }),
        Fact::Renamed(Renamed { by, old: nick.clone(), new: rc("al"), rooms: vec![room.clone()] }),
        Fact::Joined(Joined {
            by,
            nick: nick.clone(),
            id: Some(rc("id")),
            room: room.clone(),
            from: Some(rc("ops")),
            owns: false,
            unowned: Some(Unowned::NotKept),
        }),
        Fact::Left { by, nick: nick.clone(), room: room.clone() },
        Fact::HookMade { by, hook: hook.clone() },
        Fact::HookRemoved { by, hook },
        Fact::Ordered(Order::Roles { person: "id".to_owned(), roles: vec![ChatRole::Moderator] }),
        Fact::Departed(Departed { by, nick, rooms: vec![room], returns: true }),
    ];
    let parts = [
        access::samples(BY),
        words::samples(BY),
        registration::samples(BY, OTHER),
        rules::samples(BY),
        personal::samples(BY),
        order::samples(BY, OTHER),
    ];
    all.extend(parts.into_iter().flatten());
    all
}

fn device_ended(number: i64, ended: EndedDevice) -> Fact<'static> {
    Fact::Registration(RegistrationFact::DeviceEnded(DeviceEnded { by: BY, number, ended }))
}

#[test]
fn there_is_a_fact_for_each_kind_of_entry() {
    let attachments = [Vec::new()];
    let facts = facts(&attachments);
    let written = facts.iter().filter_map(|fact| WrittenFact::of(fact, &name_of));
    let kinds: BTreeSet<&str> = written.map(|entry| entry.kind()).collect();
    assert_eq!(kinds, WrittenFact::KINDS.iter().copied().collect());
}

#[test]
fn facts_are_read_as_they_were_written() {
    let attachments = [vec![0, 255, b'\n']];
    for fact in facts(&attachments) {
        let (text, attached) = write(&fact, 77, name_of).expect("other nodes must know it");
        let (ts, entry) = read(text.as_bytes()).expect("it is of this form");
        let again = entry.fact(BY, attached, socket_of).expect("all are known");
        assert_eq!((ts, format!("{again:?}")), (77, format!("{fact:?}")), "{text}");
    }
}

#[test]
fn a_message_that_comes_back_as_it_was_sent_is_the_same_fact() {
    let attachments = [vec![0, 255, b'\n']];
    let said = facts(&attachments).into_iter().filter_map(|fact| {
        let spoken = Spoken::of(&fact, 77)?;
        assert_eq!((spoken.ts, format!("{:?}", spoken.fact(BY))), (77, format!("{fact:?}")));
        Some(spoken)
    });
    // One with a client's own arguments is read again.
    assert_eq!(said.count(), 1);
}

/// Nodes of earlier versions read these too.
#[test]
fn an_entry_has_the_fields_of_earlier_versions() {
    let (by, nick, room) = (BY, rc("al"), rc("ops"));
    let written = |fact: Fact<'_>| {
        let (text, _) = write(&fact, 1, name_of).expect("others must know it");
        let (_, fact) = text.split_once(r#""fact":"#).expect("it has a fact");
        fact.replace('"', "'")
    };
    let said = Said {
        by,
        sender: None,
        nick: nick.clone(),
        room: room.clone(),
        is_action: true,
        text: "hi",
        key: None,
        relayed: None,
    };
    assert_eq!(
        written(Fact::Said(said)),
        "{'said':{'by':'a/1.7.3','sender':null,'nick':'al','room':'ops','action':true,\
         'text':'hi','key':null,'relayed':null}}}"
    );
    assert_eq!(
        written(Fact::Left { by, nick: nick.clone(), room }),
        "{'left':{'by':'a/1.7.3','nick':'al','room':'ops'}}}"
    );
    assert_eq!(
        written(Fact::Personal(PersonalFact::Quieted { by, id: rc("x"), is_on: true })),
        "{'quieted':{'by':'a/1.7.3','id':'x','on':true}}}"
    );
    assert_eq!(
        written(device_ended(2, EndedDevice::Here(OTHER))),
        "{'device-ended':{'by':'a/1.7.3','number':2,'token':null,'here':'a/1.8.1'}}}"
    );
    let code = Token::of("code");
    let made = Invitation { code, uses: 2, until_ms: 9, author: nick };
    let code = serde_json::to_string(&code).expect("a token").replace('"', "'");
    assert_eq!(
        written(Fact::Access(AccessFact::InvitationMade(InvitationMade { by, made }))),
        format!(
            "{{'invitation-made':{{'by':'a/1.7.3','code':{code},'uses':2,'until':9,\
             'author':'al'}}}}}}"
        )
    );
}

/// Nodes of earlier versions read these too.
#[test]
fn an_entry_about_order_has_the_fields_of_earlier_versions() {
    let (by, nick, room) = (BY, rc("al"), rc("ops"));
    let written = |fact: OrderFact<'_>| {
        let (text, _) = write(&Fact::Order(fact), 1, name_of).expect("others must know it");
        let (_, fact) = text.split_once(r#""fact":"#).expect("it has a fact");
        fact.replace('"', "'")
    };
    let deed = Deed::Kick { target: OTHER, nick: rc("bo"), id: None, room: room.clone() };
    assert_eq!(
        written(OrderFact::Moderated(Moderated {
            by,
            nick: nick.clone(),
            maker: None,
            deed,
            why: "spam"
        })),
        "{'moderated':{'by':'a/1.7.3','nick':'al','deed':{'kick':{'target':'a/1.8.1',\
         'nick':'bo','id':null,'room':'ops'}},'why':'spam'}}}"
    );
    let (to, must_go, moderator, removal) = (Some(rc("lobby")), false, rc("bo"), Removal::Deleted);
    let removed = Removed { by, nick, room, to, must_go, moderator, why: "", removal };
    assert_eq!(
        written(OrderFact::Removed(removed)),
        "{'removed':{'by':'a/1.7.3','nick':'al','room':'ops','to':'lobby','must_go':false,\
         'moderator':'bo','why':'','removal':'deleted'}}}"
    );
}

/// Nodes of earlier versions read these too.
#[test]
fn the_way_in_is_the_name_of_an_interface_with_what_is_known() {
    let door = |way: Way| {
        let (nick, rooms) = (rc("alice"), vec![rc("lobby")]);
        let entered = Entered { by: BY, nick, guest: None, rooms, way, invitation: None };
        let (text, _) = write(&Fact::Entered(entered), 1, name_of).expect("others must know it");
        let (_, door) = text.split_once(r#""door":"#).expect("it tells the way");
        door.trim_end_matches('}').to_owned()
    };
    let root = |id| Way { id, ..Way::unknown(&RootInterface) };
    assert_eq!(door(Way::unknown(&LineInterface)), r#""lines""#);
    assert_eq!(door(root(None)), r#"{"root":{"id":null"#);
    assert_eq!(door(root(Some(rc("x")))), r#"{"root":{"id":"x""#);
    let admitted = Some(Box::new(admitted()));
    let chat = door(Way { admitted, ..Way::unknown(&ChatInterface) });
    assert!(chat.starts_with(r#"{"chat":{"record":{"#), "{chat}");
}

#[test]
fn somebody_joins_also_if_a_newer_server_has_another_reason_why_nobody_owns_the_room() {
    let read = |why: &str| {
        let joined = r#""by":"b/1.0.1","nick":"eve","room":"den","from":null,"owns":false"#;
        let fact = format!(r#"{{"joined":{{{joined},"unowned":"{why}"}}}}"#);
        let text = format!(r#"{{"form":1,"ts":1,"fact":{fact}}}"#);
        match read(text.as_bytes()).expect("it is of this form").1 {
            WrittenFact::Joined { unowned, .. } => unowned,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(read("not-kept"), Some(Unowned::NotKept));
    assert_eq!(read("full-moon"), Some(Unowned::Unknown));
}

#[test]
fn a_way_that_no_server_writes_is_not_read() {
    let read = |door: &str| {
        let text = format!(
            r#"{{"form":1,"ts":1,"fact":{{"entered":{{"by":"b/1.0.1","nick":"eve","guest":null,
            "rooms":[],"door":{door}}}}}}}"#
        );
        read(text.as_bytes()).map(|_| ())
    };
    assert_eq!(read(r#""lines""#), Ok(()));
    assert_eq!(read(r#"{"root":{"id":"x"}}"#), Ok(()));
    for door in [
        r#""carrier-pigeon""#,
        r#"{"carrier-pigeon":{"id":"x"}}"#,
        r#"{"root":{"id":"x"},"chat":{"id":"x"}}"#,
        r#"{"root":{"id":7}}"#,
        r#"{"chat":{"record":{}}}"#,
        "{}",
        "null",
        "7",
    ] {
        assert_eq!(read(door), Err(Unread::Malformed), "{door}");
    }
}

#[test]
fn what_no_server_writes_is_not_read() {
    let said = |nick: &str, room: &str| {
        format!(
            r#"{{"form":1,"ts":1,"fact":{{"said":{{"by":"b/1.0.1","sender":null,"nick":"{nick}",
            "room":"{room}","action":false,"text":"hi","key":null,"relayed":null}}}}}}"#
        )
    };
    assert!(read(said("eve", "lobby").as_bytes()).is_ok());
    for (nick, room) in [("* server", "lobby"), ("admin", "lobby"), ("", "lobby"), ("eve", "A b")] {
        assert_eq!(read(said(nick, room).as_bytes()).err(), Some(Unread::Impossible), "{nick}");
    }
    let newer = said("eve", "lobby").replace("\"form\":1", "\"form\":3");
    assert_eq!(read(newer.as_bytes()).err(), Some(Unread::Newer));
    let long = said(&"x".repeat(FACT_BYTES_MAX), "lobby");
    assert_eq!(read(long.as_bytes()).err(), Some(Unread::TooLong));
    let deep = format!(r#"{{"form":1,"ts":1,"fact":{}"#, "[".repeat(100_000));
    for text in ["", "{}", "null", "\u{0}", &deep, &said("eve", "lobby").replace("b/1.0.1", "b")] {
        assert_eq!(read(text.as_bytes()).err(), Some(Unread::Malformed), "{text:.40}");
    }
}

#[test]
fn an_entry_about_order_that_no_server_writes_is_not_read() {
    let rule = |room: &str, rule: &str| {
        format!(
            r#""rule-made":{{"by":"b/1.0.1","nick":"eve","room":"{room}","rule":{rule},
            "members":["id"]}}"#
        )
    };
    let deed = |deed: &str| {
        format!(r#""moderated":{{"by":"b/1.0.1","nick":"eve","deed":{deed},"why":""}}"#)
    };
    let kick = |id: &str| {
        let target = r#""target":"b/1.0.2","nick":"bob","room":"den""#;
        deed(&format!(r#"{{"kick":{{{target},"id":{id}}}}}"#))
    };
    let let_in = |room: &str| {
        let whom = r#""id":"x","guest":"bob""#;
        format!(r#""let-in":{{"by":"b/1.0.1","nick":"eve","room":"{room}",{whom}}}"#)
    };
    let read = |fact: &str| {
        let text = format!(r#"{{"form":2,"ts":1,"fact":{{{fact}}}}}"#);
        read(text.as_bytes()).map(|_| ())
    };
    for good in [
        rule("den", r#"{"private":true}"#),
        rule("lobby", r#"{"keep":30}"#),
        kick("null"),
        kick(r#""x""#),
        let_in("den"),
        deed(r#"{"delete-room":{"room":"den"}}"#),
    ] {
        assert_eq!(read(&good), Ok(()), "{good}");
    }
    for bad in [
        rule("lobby", r#"{"private":true}"#),
        rule("den", r#"{"keep":0}"#),
        rule("den", r#"{"keep":4000000000}"#),
        kick(r#""""#),
        kick(&format!("{:?}", "x".repeat(129))),
        let_in("lobby"),
        deed(r#"{"delete-room":{"room":"lobby"}}"#),
    ] {
        assert_eq!(read(&bad), Err(Unread::Impossible), "{bad}");
    }
    for newer in [rule("den", r#"{"moon":true}"#), deed(r#"{"praise":{"room":"den"}}"#)] {
        assert_eq!(read(&newer), Err(Unread::Malformed), "{newer}");
    }
}

#[test]
fn an_earlier_server_tells_neither_who_stays_nor_whose_a_room_is() {
    let read = |fact: &str| {
        let text = format!(r#"{{"form":1,"ts":1,"fact":{{{fact}}}}}"#);
        match read(text.as_bytes()).expect("it is of this form").1 {
            WrittenFact::RuleMade { stay, is_own, .. } => (stay, is_own),
            WrittenFact::LetIn { is_own, .. } => (None, is_own),
            other => panic!("{other:?}"),
        }
    };
    let by = r#""by":"b/1.0.1","nick":"al","room":"den""#;
    let rule = format!(r#"{by},"rule":{{"private":true}},"members":[]"#);
    assert_eq!(read(&format!(r#""rule-made":{{{rule}}}"#)), (None, None));
    assert_eq!(read(&format!(r#""let-in":{{{by},"id":"x","guest":"bob"}}"#)), (None, None));
    let told = read(&format!(r#""rule-made":{{{rule},"stay":[],"own":false}}"#));
    assert_eq!(told, (Some(Vec::new()), Some(false)));
}

#[test]
fn what_concerns_one_node_is_not_written() {
    let by = BY;
    for fact in [
        Fact::Warned { by, name: "bob", id: rc("id") },
        Fact::Passing { by, why: Refusal::CutOff },
        Fact::Expelled { by, ending: Ending { until_ms: None, why: "".into() } },
    ] {
        assert!(write(&fact, 1, name_of).is_none());
    }
}
