//! Orders of operators for all nodes.

use super::*;

fn purge(before_ms: i64, room: Option<&str>) -> PurgeOrder {
    PurgeOrder { before_ms, room: room.map(str::to_owned) }
}

/// Orders that all nodes know of are in the file.
fn know(history: &mut History, orders: impl IntoIterator<Item = Order>) {
    for order in orders {
        history.keep_order(order, NOW);
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
