mod enter;
mod hostile;
mod root;

use super::*;
use crate::chat::fact::{Key, Said, Typing};
use crate::chat::history::Posted;
use crate::chat::history::{KeptPerson, What};
use crate::chat::interfaces::Interface;
use crate::chat::interfaces::each::{ChatInterface, LineInterface, RootInterface};
use crate::chat::people::Target;
use crate::chat::people::{Client, DeviceHere, Ignored, Person, Visit};
use crate::chat::personal::{AlreadyPersonal, AskedPersonal, PersonalFact, PersonalRefusal};
use crate::chat::request::{Recipient, SaidTo, Say, TypingTarget, Where, Whisper};
use crate::limits::{IGNORED_MAX, MAILBOX_MAX, TEXT_BYTES_MAX};

const NOW: Now = Now { ms: 1_000, unix_ms: 1_763_629_920_000 };
const ALICE: SocketId = SocketId::new(1, 1);
const BOB: SocketId = SocketId::new(2, 1);
const CAROL: SocketId = SocketId::new(3, 1);

/// Alice is in namespace `/chat` and Bob at the line door, both in the lobby; nobody is anywhere
/// else.
struct World {
    chat: Chat,
    rooms: Vec<&'static str>,
}

impl Sockets for World {
    fn now(&self) -> Now {
        NOW
    }

    fn rooms(&self, _: SocketId) -> impl Iterator<Item = &str> {
        self.rooms.iter().copied()
    }

    fn address(&self, _: SocketId) -> Option<Address> {
        None
    }

    fn peer(&self, _: SocketId) -> Option<PeerAddress> {
        None
    }
}

fn rc(text: &str) -> Rc<str> {
    Rc::from(text)
}

impl World {
    fn new() -> Self {
        let mut chat = Chat::default();
        let record = KeptPerson::new(NOW, rc("id-of-alice"), "secret", rc("alice"), rc("lobby"));
        let client = Client::App;
        let visit = Visit::new(client, record.token, None);
        let device = DeviceHere::new(&ChatInterface, rc("lobby"), Some(visit));
        chat.people.insert(ALICE, Person::new(rc("alice"), Some(record)), device);
        let device = DeviceHere::new(&LineInterface, rc("lobby"), None);
        chat.people.insert(BOB, Person::new(rc("bob"), None), device);
        chat.people.identify(BOB, rc("id-of-bob"));
        Self { chat, rooms: vec!["lobby"] }
    }

    fn decide<'a>(&self, who: SocketId, request: Request<'a>) -> Result<Decision<'a>, Refusal> {
        decide(&self.chat, self, who, request)
    }

    /// The outcome when `who` says something to the person called `name`.
    fn whisper<'a>(&self, who: SocketId, name: &'a str) -> Result<Decision<'a>, Refusal> {
        let to = Recipient::Named { name, meant: None };
        let whisper = Whisper { to, is_action: false, text: "psst", key: None };
        self.decide(who, Request::Whisper(whisper))
    }
}

fn post<'a>(room: &'a str, text: &'a str, key: Option<Key<'a>>) -> Request<'a> {
    let place = Where::Own { room, key };
    Request::Say(Say { place, is_action: false, text, relay: None })
}

fn fact(decided: Result<Decision<'_>, Refusal>) -> Fact<'_> {
    match decided {
        Ok(Decision::Happens(fact)) => fact,
        other => panic!("something happens, not {other:?}"),
    }
}

fn refusal(decided: Result<Decision<'_>, Refusal>) -> Refusal {
    decided.expect_err("it is refused")
}

#[test]
fn what_is_posted_has_all_that_is_told() {
    let world = World::new();
    let Fact::Said(said) = fact(world.decide(ALICE, post("#Lobby", "hi", None))) else {
        panic!("it is said")
    };
    assert_eq!((&*said.nick, &*said.room, said.text), ("alice", "lobby", "hi"));
    assert_eq!((said.by, said.sender.as_deref()), (ALICE, Some("id-of-alice")));
}

#[test]
fn one_posts_something_and_only_where_one_is() {
    let world = World::new();
    let long = "x".repeat(TEXT_BYTES_MAX + 1);
    let refused = |room, text| refusal(world.decide(ALICE, post(room, text, None)));
    assert_eq!(refused("tea", "hi"), Refusal::NotInRoom("tea".into()));
    assert_eq!(refused("a room", "hi").code(), "bad-room");
    assert_eq!(refused("lobby", ""), Refusal::Empty);
    assert_eq!(refused("lobby", &long), Refusal::TooLong(TEXT_BYTES_MAX + 1));
    assert_eq!(refusal(world.decide(CAROL, post("lobby", "hi", None))), Refusal::Gone);
    // The line door has bounds of its own.
    let say = Say { place: Where::Here, is_action: false, text: &long, relay: None };
    assert!(matches!(fact(world.decide(BOB, Request::Say(say))), Fact::Said(_)));
}

#[test]
fn a_key_says_one_thing_once() {
    let mut world = World::new();
    let (what, other): (What, What) = ([1; 8], [2; 8]);
    let key = |what| Some(Key { key: "k", what });
    let posted = Posted { key: "k".into(), id: 7, ts: 8, what: Some(what), reader: None };
    world.chat.people.record_mut(ALICE).expect("a record").remember(posted.clone());
    let again = world.decide(ALICE, post("lobby", "hi", key(what)));
    let Ok(Decision::IsSo(already)) = again else { panic!("it was said before") };
    assert_eq!(already, Already::Said(posted, SaidTo::Room(rc("lobby"))));
    let refused = |key| refusal(world.decide(ALICE, post("lobby", "hi", key)));
    assert_eq!(refused(key(other)), Refusal::KeyUsed);
    assert_eq!(refused(Some(Key { key: "", what })), Refusal::BadKey);
}

#[test]
fn something_in_private_is_for_one_other_who_can_get_it() {
    let mut world = World::new();
    let Fact::Whispered(whispered) = fact(world.whisper(ALICE, "BOB")) else {
        panic!("it is said")
    };
    assert_eq!((whispered.to, &*whispered.reader.id), (Some(BOB), "id-of-bob"));
    assert!(whispered.author.returns && !whispered.reader.returns && !whispered.is_stranger);
    assert_eq!(refusal(world.whisper(ALICE, "alice")), Refusal::Yourself);
    assert_eq!(refusal(world.whisper(ALICE, "carol")), Refusal::Nobody("carol".into()));
    // No message can wait where no history is kept.
    world.chat.people.hold(NOW.ms, &rc("id-of-carol"), &rc("carol"));
    assert_eq!(refusal(world.whisper(ALICE, "carol")), Refusal::Nobody("carol".into()));
    let to = Recipient::Named { name: "bob", meant: Some("somebody else") };
    let whisper = Whisper { to, is_action: false, text: "psst", key: None };
    let another = Refusal::AnotherPerson("bob".into());
    assert_eq!(refusal(world.decide(ALICE, Request::Whisper(whisper))), another);
}

#[test]
fn so_much_can_be_left_for_one_who_is_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut world = World::new();
    let history = crate::chat::history::History::open(&folder.path().join("chat.db"), false);
    world.chat.history = history.expect("a history");
    let carol = rc("id-of-carol");
    world.chat.people.hold(NOW.ms, &carol, &rc("carol"));
    let Fact::Whispered(whispered) = fact(world.whisper(BOB, "carol")) else {
        panic!("it is left")
    };
    assert_eq!((whispered.to, &*whispered.reader.nick), (None, "carol"));
    for _ in 0..MAILBOX_MAX {
        world.chat.people.mailboxes.leave(&carol, None);
    }
    assert_eq!(refusal(world.whisper(BOB, "carol")), Refusal::MailboxFull(rc("carol")));
}

#[test]
fn a_name_that_is_another_persons_now_is_warned_of() {
    let mut world = World::new();
    world.chat.people.meet(BOB, "alice", &rc("id-of-another"));
    let Fact::Warned { by, name, id } = fact(world.whisper(BOB, "alice")) else {
        panic!("it is not sent")
    };
    assert_eq!((by, name, &*id), (BOB, "alice", "id-of-alice"));
    let Fact::Whispered(whispered) = fact(world.whisper(ALICE, "bob")) else {
        panic!("it is said")
    };
    assert!(whispered.is_stranger, "bob knows another by the name of alice");
}

#[test]
fn one_answers_who_has_written_last() {
    let mut world = World::new();
    let reply = || {
        let (to, text) = (Recipient::LastWriter, "psst");
        Request::Whisper(Whisper { to, is_action: false, text, key: None })
    };
    assert_eq!(refusal(world.decide(BOB, reply())), Refusal::NobodyWrote);
    world.chat.people.wrote(BOB, crate::chat::people::Writer(rc("id-of-alice")));
    let Fact::Whispered(whispered) = fact(world.decide(BOB, reply())) else { panic!("it is said") };
    assert_eq!((whispered.to, whispered.called), (Some(ALICE), None));
    world.chat.people.remove(ALICE);
    assert_eq!(refusal(world.decide(BOB, reply())), Refusal::WriterLeft);
}

#[test]
fn a_topic_is_set_by_who_is_in_the_room() {
    let world = World::new();
    let set = |room, topic| world.decide(ALICE, Request::SetTopic { room, topic });
    let Fact::TopicSet(TopicSet { topic, .. }) = fact(set(Some("lobby"), "tea")) else {
        panic!("it is set")
    };
    assert_eq!(topic, Some("tea"));
    let Fact::TopicSet(TopicSet { topic, .. }) = fact(set(None, "")) else {
        panic!("it is taken away")
    };
    assert_eq!(topic, None);
    assert_eq!(refusal(set(Some("tea"), "tea")), Refusal::NotInRoom("tea".into()));
    let long = "x".repeat(TOPIC_CHARS_MAX + 1);
    assert_eq!(refusal(world.decide(ALICE, Request::SetTopic { room: None, topic: &long })), {
        Refusal::TopicTooLong
    });
}

/// The outcome when Alice asks to ignore the person called `name`.
fn ignore(world: &World, name: &str) -> Result<Result<Ignored, Already>, Refusal> {
    let decided = world.decide(ALICE, Request::Personal(AskedPersonal::Ignore { name }));
    decided.map(|decision| match decision {
        Decision::Happens(Fact::Personal(PersonalFact::Ignored { ignored, .. })) => Ok(ignored),
        Decision::IsSo(already) => Err(already),
        other @ (Decision::Happens(_) | Decision::Works(_)) => panic!("{other:?}"),
    })
}

#[test]
fn one_ignores_others_once_and_not_too_many() {
    let mut world = World::new();
    assert_eq!(ignore(&world, "alice").expect_err("a refusal"), Refusal::Yourself);
    assert_eq!(ignore(&world, "eve").expect_err("a refusal"), Refusal::Nobody("eve".into()));
    let ignored = ignore(&world, "bob").expect("a decision").expect("it happens");
    world.chat.people.ignore(ALICE, ignored);
    let again = ignore(&world, "Bob").expect("a decision").expect_err("it is so");
    assert_eq!(again, Already::Personal(AlreadyPersonal::Ignored(rc("bob"))));
    for number in 1..=IGNORED_MAX {
        let (id, nick) = (format!("id-{number}"), format!("name{number}"));
        world.chat.people.hold(NOW.ms, &Rc::from(id), &rc(&nick));
        match ignore(&world, &nick) {
            Ok(ignored) => world.chat.people.ignore(ALICE, ignored.expect("it happens")),
            Err(refusal) => {
                assert_eq!(
                    (number, refusal),
                    (IGNORED_MAX, PersonalRefusal::TooManyIgnored.into())
                );
            }
        }
    }
    let unignore = |name| match world
        .decide(ALICE, Request::Personal(AskedPersonal::Unignore { name }))
    {
        Ok(Decision::Happens(Fact::Personal(PersonalFact::Unignored { nick, .. }))) => Some(nick),
        _ => None,
    };
    assert_eq!((unignore("BOB"), unignore("eve")), (Some(rc("bob")), None));
}

#[test]
fn a_name_is_taken_that_nobody_else_has() {
    let mut world = World::new();
    world.chat.people.hold(NOW.ms, &rc("id-of-carol"), &rc("carol"));
    let rename = |name, is_numbered| world.decide(BOB, Request::Rename { name, is_numbered });
    let Fact::Renamed(renamed) = fact(rename("dan", false)) else { panic!("it happens") };
    assert_eq!((&*renamed.old, &*renamed.new, renamed.rooms), ("bob", "dan", vec![rc("lobby")]));
    assert_eq!(refusal(rename("ALICE", false)), Refusal::Taken(rc("alice")));
    assert_eq!(refusal(rename("carol", false)), Refusal::Held(rc("carol")));
    assert_eq!(refusal(rename("a b", false)).code(), "bad-nick");
    let Fact::Renamed(renamed) = fact(rename("alice", true)) else { panic!("it happens") };
    assert_eq!(&*renamed.new, "alice~2");
    let Ok(Decision::IsSo(already)) = rename("bob", false) else { panic!("he has the name") };
    assert_eq!(already, Already::Called(rc("bob")));
}

#[test]
fn one_goes_to_a_room_at_the_line_door_and_into_a_few_elsewhere() {
    let mut world = World::new();
    let join = |world: &World, who, room| match world.decide(who, Request::Join { room }) {
        Ok(Decision::Happens(Fact::Joined(Joined { room, from, .. }))) => Ok((room, from)),
        Ok(other) => panic!("{other:?}"),
        Err(refusal) => Err(refusal),
    };
    assert_eq!(join(&world, BOB, "#Tea"), Ok((rc("tea"), Some(rc("lobby")))));
    assert_eq!(join(&world, ALICE, "#Tea"), Ok((rc("tea"), None)));
    assert_eq!(join(&world, ALICE, "l0bby"), Err(Refusal::LooksLike(rc("lobby"))));
    let Ok(Decision::IsSo(already)) = world.decide(BOB, Request::Join { room: "lobby" }) else {
        panic!("he is there")
    };
    assert_eq!(already, Already::In(rc("lobby")));
    let leave = |world: &World, room| world.decide(ALICE, Request::Leave { room });
    assert!(matches!(fact(leave(&world, "Lobby")), Fact::Left { by, .. } if by == ALICE));
    assert_eq!(refusal(leave(&world, "tea")), Refusal::NotInRoom("tea".into()));
    world.rooms = vec!["lobby"; ROOMS_PER_CLIENT_MAX];
    assert_eq!(join(&world, ALICE, "tea"), Err(Refusal::TooManyRooms));
    // A room that she is in already is none too many, in namespace `/` too.
    let interfaces: [&'static dyn Interface; 2] = [&ChatInterface, &RootInterface];
    for interface in interfaces {
        world.chat.people.device_mut(ALICE).expect("she is here").interface = interface.kept();
        let joined = world.decide(ALICE, Request::Join { room: "lobby" });
        assert!(matches!(joined, Ok(Decision::IsSo(Already::In(_)))), "{joined:?}");
    }
    assert!(join(&world, BOB, "tea").is_ok());
}

#[test]
fn one_types_in_one_place_and_is_told_of_again_after_a_while() {
    let mut world = World::new();
    let types = |world: &World, target, is_on| {
        fact_typing(world.decide(ALICE, Request::Type { target, is_on }))
    };
    let to_bob = || TypingTarget::Person { name: "bob", meant: None };
    assert!(types(&world, TypingTarget::Room("lobby"), false).is_none());
    let begun = types(&world, TypingTarget::Room("lobby"), true).expect("it happens");
    let lobby = Some(Target::Room(rc("lobby")));
    assert_eq!((begun.ended, &begun.target, begun.is_news), (None, &lobby, true));
    let visit = world.chat.people.visit_mut(ALICE);
    let (target, until_ms, told_ms) = (Target::Room(rc("lobby")), 9_000, NOW.ms);
    let typing = crate::chat::people::Typing { target, until_ms, told_ms };
    visit.expect("a visit").typing = Some(typing);
    let again = types(&world, TypingTarget::Room("lobby"), true).expect("it happens");
    assert_eq!((again.ended, &again.target, again.is_news), (None, &lobby, false));
    let elsewhere = types(&world, to_bob(), true).expect("it happens");
    assert_eq!((&elsewhere.ended, elsewhere.target), (&lobby, Some(Target::Private(BOB))));
    let ended = types(&world, TypingTarget::Room("lobby"), false).expect("it happens");
    assert_eq!((ended.ended, ended.target), (lobby, None));
}

fn fact_typing(decided: Result<Decision<'_>, Refusal>) -> Option<Typing> {
    match decided {
        Ok(Decision::Happens(Fact::Typing(typing))) => Some(typing),
        Ok(Decision::IsSo(Already::Silent)) => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_name_is_kept_for_who_may_come_back() {
    let mut world = World::new();
    let departs = |world: &World, who, reason| {
        let decided = world.decide(who, Request::Depart { reason });
        let Fact::Departed(departed) = fact(decided) else { panic!("they are gone") };
        assert_eq!(departed.rooms, [rc("lobby")]);
        departed.returns
    };
    assert!(!departs(&world, BOB, CloseReason::ClientDisconnect));
    assert!(!departs(&world, ALICE, CloseReason::ClientDisconnect));
    let set = |world: &mut World, client| {
        world.chat.people.visit_mut(ALICE).expect("a visit").client = client;
        world.chat.people.record_mut(ALICE).expect("a record").returns = true;
    };
    set(&mut world, Client::Web);
    assert!(departs(&world, ALICE, CloseReason::ClientDisconnect));
    set(&mut world, Client::Terminal);
    assert!(!departs(&world, ALICE, CloseReason::ClientDisconnect));
    assert!(departs(&world, ALICE, CloseReason::Quit));
}
