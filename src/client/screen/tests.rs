//! Whole frames.

use super::lines::Spot;
use super::rows::{Row, Style};
use super::*;
use crate::client::menu::{Key, Menu};
use crate::client::model::{LinkStatus, Mode};
use crate::client::time::Now;
use serde_json::{Value, json};

fn model(count: u64) -> Model {
    let mut model = Model::new(Mode::Screen, Some("alice".to_owned()), None, "run".to_owned());
    let said = |id: u64| match id % 4 {
        0 => "one line".to_owned(),
        1 => "two\nlines, 日本語 and 👩\u{200d}👧".to_owned(),
        2 => "many words that go on and on, ".repeat(5),
        _ => "x".repeat(200),
    };
    let messages: Vec<Value> = (1..=count)
        .map(|id| json!({"id": id, "ts": id, "room": "lobby", "from": "bob", "text": said(id)}))
        .collect();
    let room = json!({"room": "lobby", "topic": "a topic", "members": [], "count": 7,
        "messages": messages});
    model.event("welcome", &json!({"nick": "alice", "token": "t", "rooms": [room]}));
    model
}

/// A screen of a certain size for tests.
struct Look {
    model: Model,
    editor: Editor,
    zone: Zone,
    menu: Option<Menu>,
    purpose: Option<Purpose>,
    columns: usize,
    rows: usize,
}

impl Look {
    fn new(model: Model, columns: usize, rows: usize) -> Self {
        let (editor, zone) = (Editor::default(), Zone::utc());
        Self { model, editor, zone, menu: None, purpose: None, columns, rows }
    }

    fn screen(&self) -> Screen<'_> {
        let Self { model, editor, zone, menu, purpose, columns, rows } = self;
        let (menu, purpose, why) = (menu.as_ref(), purpose.as_ref(), "nobody listens there");
        let (columns, rows) = (*columns, *rows);
        Screen { model, editor, zone, menu, purpose, why, columns, rows }
    }

    fn texts(&self, view: View) -> Vec<String> {
        self.screen().frame(view).rows.iter().map(text).collect()
    }

    fn status(&self) -> String {
        self.texts(View::Bottom)[self.rows - 2].clone()
    }
}

fn text(row: &Row) -> String {
    let text: String = row.spans.iter().map(|span| span.text.as_str()).collect();
    text.trim_end().to_owned()
}

#[test]
fn every_size_is_filled_and_never_overflowed() {
    let mut model = model(30);
    model.submit("waits").expect("kept");
    let mut look = Look::new(model, 0, 0);
    look.editor.set("typed text that is long enough to need rows 日本語 ".repeat(3));
    fills_every_size(&mut look);
    let mut menu = Menu::open(&look.model).expect("there are messages");
    for keys in [&[Key::PageUp, Key::Up][..], &[Key::Enter], &[Key::Back, Key::People]] {
        keys.iter().for_each(|key| drop(menu.key(*key, &look.model)));
        look.menu = Some(menu);
        look.purpose = Some(Purpose::Command);
        fills_every_size(&mut look);
        menu = look.menu.take().expect("it is open");
    }
}

fn fills_every_size(look: &mut Look) {
    for columns in 0..90 {
        for rows in 0..12 {
            (look.columns, look.rows) = (columns, rows);
            let mut view = View::Bottom;
            for _ in 0..3 {
                let frame = look.screen().frame(view);
                assert_eq!(frame.rows.len(), rows, "{columns}x{rows}");
                let least = columns.max(COLUMNS_MIN);
                assert!(frame.rows.iter().all(|row| row.width() <= least), "{columns}x{rows}");
                assert!(frame.cursor.0 < least && frame.cursor.1 < rows.max(1), "{columns}x{rows}");
                view = look.screen().page_up(view);
                view = look.screen().with_choice(view);
            }
        }
    }
}

#[test]
fn scrolling_shows_every_row_once_each_way() {
    let look = Look::new(model(40), 40, 12);
    let screen = look.screen();
    let pen = screen.pen();
    let all: Vec<Spot> =
        pen.window(View::Bottom, usize::MAX).iter().map(|(spot, _)| *spot).collect();
    let lowest = |view: View| match view {
        View::Bottom => *all.last().expect("rows"),
        View::At { spot, .. } => spot,
    };
    let height = look.screen().height();
    let mut view = View::Bottom;
    let mut seen = vec![];
    loop {
        seen.push(lowest(view));
        let next = pen.up(view, height, 1);
        if next == view {
            break;
        }
        view = next;
    }
    let expected: Vec<Spot> = all[height - 1..].iter().rev().copied().collect();
    assert_eq!(seen, expected);
    let mut back = vec![lowest(view)];
    while view != View::Bottom {
        view = pen.down(view, 1);
        back.push(lowest(view));
    }
    seen.reverse();
    assert_eq!(back, seen);
    // Pages end where rows end.
    let mut view = View::Bottom;
    for _ in 0..200 {
        view = look.screen().page_up(view);
    }
    assert!(look.texts(view)[1].contains("older messages"), "{:?}", look.texts(view));
    for _ in 0..200 {
        view = look.screen().page_down(view);
    }
    assert_eq!(view, View::Bottom);
}

#[test]
fn what_is_looked_at_stays_where_it_is() {
    let mut look = Look::new(model(40), 40, 12);
    let view = look.screen().page_up(View::Bottom);
    let before = look.texts(view);
    let next = json!({"id": 99, "ts": 99, "room": "lobby", "from": "bob", "text": "new"});
    look.model.event("message", &next);
    let after = look.texts(view);
    assert_eq!(before[..10], after[..10]);
    assert!(after[10].ends_with("↓ 1 new, PgDn"), "{after:?}");
    assert!(look.texts(View::Bottom).iter().any(|row| row.ends_with("<bob> new")));
}

#[test]
fn the_bars_say_how_things_are() {
    let mut look = Look::new(model(1), 60, 12);
    assert_eq!(
        look.texts(View::Bottom)[0].trim(),
        "#lobby · 7 here · a topic                            alice"
    );
    assert!(look.status().ends_with("online"));
    look.model.tick(Now { ms: 1000, unix_ms: 0 });
    for (connection, words) in [
        (LinkStatus::Connecting { attempt: 0 }, "connecting"),
        (LinkStatus::Connecting { attempt: 2 }, "reconnecting now, attempt 2"),
        (LinkStatus::Waiting { attempt: 2, until_ms: 3100 }, "reconnecting in 3 s, attempt 2"),
        (LinkStatus::Ended, "this device was ended, Enter comes back"),
    ] {
        look.model.connection = connection;
        look.columns = 60;
        assert!(look.status().contains(words), "{}", look.status());
    }
    look.columns = 40;
    for (connection, words) in [
        (LinkStatus::Connecting { attempt: 2 }, "reconnecting now, attempt 2"),
        (LinkStatus::Waiting { attempt: 12, until_ms: 31_000 }, "reconnecting in 30 s, attempt 12"),
        (LinkStatus::Ended, "ended, Enter comes back"),
    ] {
        look.model.connection = connection;
        assert!(look.status().ends_with(words), "{}", look.status());
        assert!(look.status().starts_with(" 1:#l"), "{}", look.status());
    }
    look.model.connection = LinkStatus::Waiting { attempt: 2, until_ms: 3100 };
    look.columns = 80;
    assert!(look.status().ends_with("attempt 2 (nobody listens there)"), "{}", look.status());
    look.model.submit("kept").expect("kept");
    assert!(look.status().ends_with("attempt 2, 1 unsent (nobody listens there)"));
    look.columns = 40;
    assert!(look.status().ends_with("reconnecting in 3 s, 1 unsent"), "{}", look.status());
    assert!(look.texts(View::Bottom)[9].ends_with("…   <alice> kept"));
}

#[test]
fn what_is_for_the_reader_goes_before_the_rest_of_the_bar() {
    let mut model = model(1);
    for number in 0..9 {
        let from = format!("somebody{number}");
        let text = json!({"id": 10 + number, "ts": 1, "to": "alice", "from": from, "text": "x"});
        model.event("message", &text);
    }
    let mut look = Look::new(model, 40, 12);
    assert!(look.status().starts_with(" 1:#lobby  2:@somebody0(@1)"), "{}", look.status());
    assert!(look.status().contains(" +8  "), "{}", look.status());
    look.model.activate(9);
    assert!(look.status().contains("10:@somebody8"), "{}", look.status());
}

#[test]
fn what_is_found_elsewhere_says_where() {
    let mut model = model(0);
    model.take_effects();
    for line in ["/search green", "/msg bob", "/search green"] {
        model.submit(line).expect("done");
    }
    let found = json!({"ok": true, "messages": [{"id": 1, "ts": 1_795_165_920_000_u64,
        "room": "lobby", "from": "bob", "text": "green tea"}, {"id": 2,
        "ts": 1_795_165_920_000_u64, "from": "carol", "to": "alice", "text": "greener"}]});
    for effect in model.take_effects() {
        if let crate::client::model::Effect::Emit { id: Some(id), name: "search", .. } = effect {
            model.ack(id, &found);
        }
    }
    let mut look = Look::new(model, 60, 12);
    let shows = |look: &Look, row: &str| look.texts(View::Bottom).iter().any(|other| other == row);
    assert!(shows(&look, "[2026-11-20 09:12] #lobby <bob> green tea"));
    assert!(shows(&look, "[2026-11-20 09:12] @carol <carol> greener"));
    look.model.activate(0);
    assert!(shows(&look, "[2026-11-20 09:12] <bob> green tea"));
}

#[test]
fn what_somebody_does_looks_like_no_notice() {
    let mut model = model(0);
    let text = "is now emily, and has a lot more to say";
    let does = json!({"id": 1, "ts": 1_795_165_920_000_u64, "room": "lobby", "from": "bob",
        "text": text, "action": true});
    model.event("message", &does);
    model.submit("/me waves").expect("kept");
    let rows = Look::new(model, 40, 12).texts(View::Bottom);
    let expected =
        ["09:12 *bob is now emily, and has a lot", "      more to say*", "  …   *alice waves*"];
    assert!(rows.windows(3).any(|rows| rows == expected), "{rows:#?}");
}

#[test]
fn who_types_under_a_long_name_is_someone() {
    let mut model = model(1);
    let one = json!({"room": "lobby", "nick": "a-name-of-twenty-four-xx", "on": true});
    model.event("typing", &one);
    let mut look = Look::new(model, 60, 12);
    assert!(look.status().ends_with("a-name-of-twenty-four-xx is typing"), "{}", look.status());
    look.columns = 40;
    assert!(look.status().ends_with(" someone is typing"), "{}", look.status());
    let other = json!({"room": "lobby", "nick": "another-of-twenty-four-x", "on": true});
    look.model.event("typing", &other);
    assert!(look.status().ends_with(" several are typing"), "{}", look.status());
}

#[test]
fn days_and_long_names() {
    let mut model = model(0);
    let message = |id: u64, ts: u64, text: &str| {
        let from = "a-name-of-twenty-four-xx";
        json!({"id": id, "ts": ts, "room": "lobby", "from": from, "text": text})
    };
    model.event("message", &message(1, 1_795_165_920_000, "first"));
    model.event("message", &message(2, 1_795_252_320_000, "second"));
    let look = Look::new(model, 33, 14);
    let rows = look.texts(View::Bottom);
    let expected = [
        "── Friday, 20 November 2026 ─────",
        "09:12 <a-name-of-twenty-four-xx>",
        "      first",
        "── Saturday, 21 November 2026 ───",
        "09:12 <a-name-of-twenty-four-xx>",
        "      second",
    ];
    assert!(rows.windows(6).any(|rows| rows == expected), "{rows:#?}");
}

/// The rows of a screen with a menu after some keys, and its view.
fn with_menu(look: &mut Look, keys: &[Key]) -> (Vec<String>, View) {
    let mut menu = Menu::open(&look.model).expect("there are messages");
    let mut view = View::Bottom;
    for key in keys {
        menu.key(*key, &look.model);
        look.menu = Some(menu);
        view = look.screen().with_choice(view);
        menu = look.menu.take().expect("it is open");
    }
    look.menu = Some(menu);
    (look.texts(view), view)
}

#[test]
fn a_list_lies_beside_the_message_and_moves_nothing_else() {
    let mut look = Look::new(model(40), 60, 24);
    let before = look.texts(View::Bottom);
    let (rows, _) = with_menu(&mut look, &[Key::Enter]);
    let heading = rows.iter().position(|row| row.starts_with("── bob's message ──"));
    let heading = heading.expect("a list");
    let end = rows.iter().rposition(|row| row.starts_with("──────")).expect("its end");
    for (at, (row, before)) in rows.iter().zip(&before).enumerate().take(22) {
        assert!((heading..=end).contains(&at) || row == before, "{at}: {row}");
    }
    assert!(rows[end + 1].contains("<bob> one line"), "{rows:#?}");
    assert!(rows[heading + 1].starts_with(" q  Quote it in an answer"), "{rows:#?}");
}

#[test]
fn the_message_chosen_is_always_in_view_and_stays_when_others_come() {
    let mut look = Look::new(model(40), 40, 12);
    for up in 0..45 {
        let (rows, view) = with_menu(&mut look, &vec![Key::Up; up + 1]);
        let frame = look.screen().frame(view);
        let is_marked = |row: &Row| row.spans.iter().any(|span| span.style == Style::Bar);
        assert!(frame.rows[1..10].iter().any(is_marked), "{up}: {rows:#?}");
    }
    // Above the oldest one is the place of older ones.
    let (rows, view) = with_menu(&mut look, &[Key::First]);
    assert!(rows[1].contains("older messages"), "{rows:#?}");
    let next = json!({"id": 99, "ts": 99, "room": "lobby", "from": "bob", "text": "new"});
    look.model.event("message", &next);
    let after = look.texts(look.screen().with_choice(view));
    assert_eq!(rows[..10], after[..10]);
    assert!(after[10].contains("↓ 1 new · "), "{after:#?}");
}

#[test]
fn another_choice_costs_two_rows() {
    let mut look = Look::new(model(40), 60, 24);
    let (_, view) = with_menu(&mut look, &[Key::Up, Key::Up]);
    let old = look.screen().frame(view);
    let (_, other) = with_menu(&mut look, &[Key::Up, Key::Up, Key::Down]);
    assert_eq!(view, other);
    let new = look.screen().frame(other);
    let changed = old.rows.iter().zip(&new.rows).filter(|(old, new)| old != new).count();
    let rows = |frame: &Frame| {
        let is_marked = |row: &&Row| row.spans.iter().any(|span| span.style == Style::Bar);
        frame.rows[1..22].iter().filter(is_marked).count()
    };
    assert_eq!(changed, rows(&old) + rows(&new));
}
