//! The rules of rooms hold at all nodes.

use super::harness::Client;
use super::redis::{Redis, hears};

#[test]
fn a_room_that_is_closed_or_deleted_at_one_node_is_so_at_all_and_at_those_that_come_later() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let mut alice = Client::named(&one, "alice");
    alice.send("/register correct-horse\n");
    hears(&mut alice, "* alice is yours now");
    alice.send("/join #den\n");
    hears(&mut alice, "* #den is yours");
    // A member without any id stays when the room is closed.
    let mut mike = Client::named(&other, "mike");
    mike.send("/join #den\n");
    hears(&mut mike, "* you are in #den with alice");
    alice.send("secret\n/room private\n");
    hears(&mut alice, "* #den: private now");
    hears(&mut mike, "* alice has changed #den: private now");
    let mut bob = Client::named(&other, "bob");
    let refused = "* there is no room #den that you can enter";
    bob.send("/join #den\n/who #den\n");
    hears(&mut bob, refused);
    hears(&mut bob, "* nobody is in #den");
    alice.send("/room invite bob\n");
    hears(&mut bob, "* alice invites you: /join #den");
    bob.send("/join #den\n");
    hears(&mut bob, "* you are in #den with alice and mike");
    bob.send("/history\n");
    hears(&mut bob, "* nothing has been said in #den yet");
    // A node with an empty file reads the rules in the stream.
    let late = redis.node("c");
    let mut carol = Client::named(&late, "carol");
    carol.send("/join #den\n");
    hears(&mut carol, refused);
    alice.send("/room uninvite bob\n");
    hears(&mut bob, "* you are no longer in #den: it is private");
    bob.send("/join #den\n");
    hears(&mut bob, refused);
    alice.send("/room delete\n");
    hears(&mut mike, "* alice deleted #den");
    hears(&mut mike, "* you are in #lobby");
    mike.send("/join #den\n");
    hears(&mut mike, refused);
}
