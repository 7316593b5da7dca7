//! The examples with which the help begins.

pub(super) const EXAMPLES: &str = "\
Examples:
  mio-chat                               chat on this machine: nc 127.0.0.1 55555
  mio-chat --bind 0.0.0.0:55555          let others in
  mio-chat --plain --idle-flush 50       only relay lines, also from clients without newlines
";

pub(super) const CLIENT_EXAMPLES: &str = "\
Examples:
  mio-chat client                                chat with the server on this machine
  mio-chat client chat.example:5000 --room ops   with another server, in room ops
  echo deploy done | mio-chat client --room ops  say one line and leave
  mio-chat client --json                         follow the chat, one message on each line
";
