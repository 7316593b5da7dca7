//! Compares the input of a Socket.IO client with that of each room's observer.

use super::people::{Hearing, Post};
use std::collections::HashMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    Post(Post),
    /// It is in the namespace, and so in the lobby; the lobby's observer had received this many.
    Connected(usize),
    /// It has asked to join a room.
    Asked(&'static str),
    /// It is in the room; the room's observer had received this many.
    Joined(&'static str, usize),
    Left(&'static str),
}

/// The input of a room since it was entered.
#[derive(Debug, Clone, Copy, Default)]
struct Run {
    /// The client knows that it is in the room, and must get everything from here on.
    from_at_most: Option<usize>,
    next: Option<usize>,
}

/// The numbers in a text, if it is complete, and the name of its author.
pub fn post_in(text: &str) -> Option<Post> {
    let (nick, text) = match text.split_once(": ") {
        Some((nick, text)) => (Some(nick), text),
        None => (None, text),
    };
    let text = text.strip_prefix("m ").filter(|text| text.ends_with(';'))?;
    let numbers: Vec<usize> = text.split(' ').map_while(|word| word.parse().ok()).collect();
    let [who, which, ..] = numbers[..] else { return None };
    if let Some(nick) = nick {
        assert_named(nick, who);
    }
    Some((who, which))
}

/// A text comes under its author's name, or that of a guest without a name yet.
pub fn assert_named(nick: &str, who: usize) {
    let own = nick.strip_prefix('p').map(|number| number.split('~').next().unwrap_or_default());
    let own = own.is_some_and(|number| number == who.to_string());
    assert!(own || nick.starts_with("guest-"), "p{who} is called {nick}");
}

/// Checks that in each room there is no gap in the observer's order, from entering to leaving.
/// `is_here` says whether it must have received the end too.
pub fn check(heard: &[Heard], orders: &HashMap<&str, &Hearing>, is_here: bool, seed: u64) {
    let mut places = HashMap::new();
    for (room, order) in orders {
        places.extend(order.posts.iter().enumerate().map(|(at, post)| (*post, (*room, at))));
    }
    let mut runs: HashMap<&str, Run> = HashMap::new();
    for heard in heard {
        match heard {
            Heard::Post(post) => {
                let place = places.get(post);
                let (room, at) = place.unwrap_or_else(|| panic!("seed {seed}: {post:?}: no order"));
                let run = runs.get_mut(room);
                let run = run.unwrap_or_else(|| panic!("seed {seed}: {post:?} strays"));
                let first = run.from_at_most.is_none_or(|most| *at <= most);
                assert!(run.next.is_some() || first, "seed {seed}: {post:?} is not the first");
                assert!(run.next.is_none_or(|next| *at == next), "seed {seed}: gap at {post:?}");
                run.next = Some(at + 1);
            }
            Heard::Connected(so_far) => {
                runs.clear();
                runs.insert("lobby", Run { from_at_most: Some(*so_far), next: None });
            }
            Heard::Asked(room) => {
                runs.entry(room).or_default();
            }
            Heard::Joined(room, so_far) => {
                let run = runs.entry(room).or_default();
                run.from_at_most = Some(run.from_at_most.map_or(*so_far, |most| most.min(*so_far)));
            }
            Heard::Left(room) => {
                runs.remove(room);
            }
        }
    }
    for (room, run) in runs.iter().filter(|_| is_here) {
        let Some(from_at_most) = run.from_at_most else { continue };
        let next = run.next.unwrap_or(from_at_most);
        assert!(next >= orders[room].posts.len(), "seed {seed}: the end of {room} is missed");
    }
}
