//! The nodes' own scripts, run on what a simulated Redis holds, as Redis runs them.

use super::data::Data;
use super::value::{Bytes, Value};
use mlua::{Function, Lua, MultiValue, Table, Value as Word};
use sha1::{Digest, Sha1};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

pub struct Scripts {
    lua: Lua,
    data: Rc<RefCell<Data>>,
    now_ms: Rc<Cell<u64>>,
    /// By their names.
    compiled: HashMap<String, Function>,
}

impl Scripts {
    pub fn on(data: Rc<RefCell<Data>>) -> Self {
        let lua = Lua::new();
        let now_ms = Rc::new(Cell::new(0));
        let (own, now) = (Rc::clone(&data), Rc::clone(&now_ms));
        let run = move |words: &MultiValue| {
            let words: Vec<Bytes> = words.iter().map(bytes).collect();
            let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
            own.borrow_mut().run(now.get(), &words)
        };
        let tries = run.clone();
        let call = lua.create_function(move |lua, words: MultiValue| match run(&words) {
            Value::Error(why) => Err(mlua::Error::runtime(why)),
            value => to_lua(lua, value),
        });
        let pcall = lua.create_function(move |lua, words: MultiValue| match tries(&words) {
            Value::Error(why) => {
                let error = lua.create_table()?;
                error.set("err", why)?;
                Ok(Word::Table(error))
            }
            value => to_lua(lua, value),
        });
        let build = || {
            let redis = lua.create_table()?;
            redis.set("call", call?)?;
            redis.set("pcall", pcall?)?;
            lua.globals().set("redis", redis)?;
            let cjson = lua.create_table()?;
            cjson.set("null", Word::NULL)?;
            let decode = |lua: &Lua, text: Word| {
                let json = serde_json::from_slice(&bytes(&text)).map_err(mlua::Error::external)?;
                from_json(lua, &json)
            };
            cjson.set("decode", lua.create_function(decode)?)?;
            lua.globals().set("cjson", cjson)
        };
        build().expect("Lua has what Redis gives it");
        Self { lua, data, now_ms, compiled: HashMap::new() }
    }

    /// The name of a script, which is known from here on.
    pub fn learn(&mut self, script: &[u8]) -> String {
        let name: String = Sha1::digest(script).iter().map(|it| format!("{it:02x}")).collect();
        if !self.compiled.contains_key(&name) {
            let compiled = self.lua.load(script).into_function().expect("it is a script");
            self.compiled.insert(name.clone(), compiled);
        }
        name
    }

    /// Runs a script that was learnt at a time in Unix milliseconds.
    pub fn run(&self, now_ms: u64, name: &str, keys: &[Bytes], words: &[Bytes]) -> Value {
        self.now_ms.set(now_ms);
        let run = || {
            for (name, words) in [("KEYS", keys), ("ARGV", words)] {
                let words = words.iter().map(|word| self.lua.create_string(word));
                let words = words.collect::<mlua::Result<Vec<_>>>()?;
                self.lua.globals().set(name, self.lua.create_sequence_from(words)?)?;
            }
            self.compiled[name].call::<Word>(())
        };
        match run() {
            Ok(word) => from_lua(&word),
            Err(error) => panic!("a script has failed: {error}"),
        }
    }

    pub fn data(&self) -> &Rc<RefCell<Data>> {
        &self.data
    }
}

fn bytes(word: &Word) -> Bytes {
    match word {
        Word::String(text) => text.as_bytes().to_vec(),
        Word::Integer(number) => number.to_string().into_bytes(),
        // Whole ones are written without a fraction.
        Word::Number(number) if number.fract() == 0.0 => format!("{number:.0}").into_bytes(),
        Word::Number(number) => number.to_string().into_bytes(),
        other => panic!("a command has words and numbers, not {other:?}"),
    }
}

/// An answer as scripts see it, by the older form of the protocol.
fn to_lua(lua: &Lua, value: Value) -> mlua::Result<Word> {
    let table = |items: Vec<Value>| {
        let items = items.into_iter().map(|item| to_lua(lua, item));
        let items = items.collect::<mlua::Result<Vec<_>>>()?;
        lua.create_sequence_from(items).map(Word::Table)
    };
    match value {
        Value::Null => Ok(Word::Boolean(false)),
        #[expect(clippy::cast_precision_loss, reason = "as in Redis")]
        Value::Integer(number) => Ok(Word::Number(number as f64)),
        Value::Bytes(bytes) => lua.create_string(bytes).map(Word::String),
        Value::Array(items) | Value::Push(items) => table(items),
        Value::Map(pairs) => table(pairs.into_iter().flat_map(<[_; 2]>::from).collect()),
        Value::Status(word) => {
            let status = lua.create_table()?;
            status.set("ok", word)?;
            Ok(Word::Table(status))
        }
        Value::Error(why) => Err(mlua::Error::runtime(why)),
    }
}

/// The outcome of a script, as Redis answers it.
fn from_lua(word: &Word) -> Value {
    match word {
        Word::Nil | Word::Boolean(false) => Value::Null,
        Word::Boolean(true) => Value::Integer(1),
        Word::Integer(number) => Value::Integer(*number),
        #[expect(clippy::cast_possible_truncation, reason = "as in Redis")]
        Word::Number(number) => Value::Integer(*number as i64),
        Word::String(text) => Value::Bytes(text.as_bytes().to_vec()),
        Word::Table(table) => items(table),
        other => panic!("no answer: {other:?}"),
    }
}

fn items(table: &Table) -> Value {
    if let Ok(Some(why)) = table.get::<Option<String>>("err") {
        return Value::Error(why);
    }
    if let Ok(Some(_)) = table.get::<Option<String>>("ok") {
        return Value::Status("OK");
    }
    // A list ends at the first hole.
    let items = table.sequence_values::<Word>().map(|it| it.expect("an item"));
    Value::Array(items.map(|item| from_lua(&item)).collect())
}

fn from_json(lua: &Lua, json: &serde_json::Value) -> mlua::Result<Word> {
    use serde_json::Value as Json;
    Ok(match json {
        Json::Null => Word::NULL,
        Json::Bool(is_so) => Word::Boolean(*is_so),
        Json::Number(number) => Word::Number(number.as_f64().expect("a number")),
        Json::String(text) => Word::String(lua.create_string(text)?),
        Json::Array(items) => {
            let items = items.iter().map(|item| from_json(lua, item));
            let items = items.collect::<mlua::Result<Vec<_>>>()?;
            Word::Table(lua.create_sequence_from(items)?)
        }
        Json::Object(pairs) => {
            let table = lua.create_table()?;
            for (name, value) in pairs {
                table.set(&**name, from_json(lua, value)?)?;
            }
            Word::Table(table)
        }
    })
}
