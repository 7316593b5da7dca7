//! Orders of operators for all nodes.

use super::*;
use crate::limits::BANS_LIFTED_MS;

fn purge(before_ms: i64, room: Option<&str>) -> PurgeOrder {
    PurgeOrder::before(before_ms, room.map(str::to_owned))
}

/// Orders that all nodes know of are in the file.
fn know(history: &mut History, orders: impl IntoIterator<Item = Order>) {
    for order in orders {
        history.keep_order(order, ToldAt::default(), NOW);
    }
    history.settle(0);
}

#[test]
fn the_end_of_a_purge_leaves_the_later_one_that_took_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut history = open(&folder);
    let (earlier, later) = (purge(1_000, Some("ops")), purge(2_000, Some("ops")));
    know(&mut history, [Order::Purge(earlier.clone())]);
    let running = history.purge_at(PurgeStep::Undone).expect("it must be done");
    assert_eq!(running, earlier);
    // The later one has the number of the row that it replaces.
    know(&mut history, [Order::Purge(later.clone())]);
    history.purge_is_done(PurgeStep::Undone, &running);
    assert_eq!(history.purge_at(PurgeStep::Undone), Some(later.clone()));
    history.purge_is_done(PurgeStep::Undone, &later);
    assert_eq!(history.purge_at(PurgeStep::Undone), None);
    // A step is done by itself.
    know(&mut history, [Order::Purge(purge(3_000, None))]);
    history.purge_is_done(PurgeStep::Told, &purge(3_000, None));
    assert_eq!(history.purge_at(PurgeStep::Undone), Some(purge(3_000, None)));
}

fn network(number: usize) -> Banned {
    format!("198.18.{}.{}", number / 256, number % 256).parse().expect("a network")
}

fn ban(number: usize) -> Order {
    let ban = Ban::of_operator(network(number), None, "spam".to_owned());
    Order::Ban { ban, made_ms: 1 }
}

fn at(number: usize) -> ToldAt {
    ToldAt::parse(&format!("{number}-1")).expect("an id")
}

fn bans(history: &mut History) -> usize {
    history.changed_bans(NOW).map_or(0, |bans| bans.len())
}

#[test]
fn all_bans_of_others_are_kept_also_while_the_file_cannot_be_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut history = open(&folder);
    for number in 0..5_000 {
        history.keep_order(ban(number), at(number + 1), NOW);
    }
    // Of one network the latest order counts.
    history.keep_order(Order::Unban { whom: network(7) }, at(9_000), NOW);
    assert_eq!(history.ban_told_at(&network(7)), Some(at(9_000)));
    history.settle(0);
    assert_eq!(bans(&mut history), 4_999);
    assert_eq!(history.ban_told_at(&network(7)), Some(at(9_000)));
    assert_eq!(history.ban_told_at(&network(8)), Some(at(9)));
    assert_eq!(history.untold_orders(NOW), []);
}

#[test]
fn of_a_ban_in_the_file_and_one_in_redis_the_later_one_counts() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut history = open(&folder);
    history.keep_order(ban(1), at(5), NOW);
    history.keep_order(Order::Unban { whom: network(2) }, at(5), NOW);
    history.keep_order(ban(3), at(5), NOW);
    history.keep_order(ban(4), at(50), NOW);
    history.settle(0);
    // Redis has come back with data from before the lifting: the end of the ban is told again.
    history.others_know(&ban(2), at(3), NOW);
    assert_eq!(history.untold_orders(NOW), [Order::Unban { whom: network(2) }]);
    // It has none of these. The first was lifted long ago, and the last was lost.
    let known = [network(1), network(2)].into();
    assert_eq!(history.bans_missing(&known, at(10)), [network(3)]);
    let told = history.untold_orders(NOW);
    assert_eq!(told, [ban(4), Order::Unban { whom: network(2) }]);
}

#[test]
fn lifted_bans_are_remembered_for_a_while_and_not_without_bound() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut history = open(&folder);
    let lift = |history: &mut History, numbers: std::ops::Range<usize>, now: Now| {
        for number in numbers {
            history.keep_order(Order::Unban { whom: network(number) }, at(number + 1), now);
        }
        history.settle(0);
    };
    lift(&mut history, 0..12_000, NOW);
    let kept = |history: &mut History| {
        (0..12_001).filter(|number| history.ban_told_at(&network(*number)).is_some()).count()
    };
    assert_eq!(kept(&mut history), 10_000);
    let later = Now { ms: 0, unix_ms: NOW.unix_ms + BANS_LIFTED_MS + 1 };
    lift(&mut history, 12_000..12_001, later);
    assert_eq!(kept(&mut history), 1);
}
