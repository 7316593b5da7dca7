//! Does not compile, as in `wrong.rs`. The compiler looks for this error only where it has found no
//! others.

use mio_socketio::Context;

pub struct State {
    pub names: Vec<String>,
}

// says: cannot borrow `cx.state.names` as immutable
pub fn from_the_state(cx: &mut Context<'_, State>) {
    cx.everyone().emit("all", (&cx.state.names,));
}
