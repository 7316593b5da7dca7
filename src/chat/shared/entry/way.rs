//! How a person has come in, as entries tell it: the name of the interface alone, or as the key of
//! what is known of the person.

use super::WrittenAdmitted;
use crate::chat::fact::Way;
use crate::chat::interfaces::{self, Interface};
use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::rc::Rc;

/// How somebody has come in.
#[derive(Debug)]
pub(in crate::chat::shared) struct WrittenWay {
    interface: &'static dyn Interface,
    known: WrittenKnown,
}

/// Everything that is known of a person who comes in.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum WrittenKnown {
    KeptPerson(Box<WrittenAdmitted>),
    Id {
        // By this function it must be there. Otherwise any object would be read as this.
        #[serde(deserialize_with = "Option::deserialize")]
        id: Option<Rc<str>>,
    },
}

impl WrittenWay {
    /// Whether they may be here by several devices: they have a record, or are registered.
    pub(in crate::chat::shared) fn is_of_a_person(&self) -> bool {
        match &self.known {
            WrittenKnown::KeptPerson(_) => true,
            WrittenKnown::Id { id } => id.is_some() && !self.interface.comes_back(),
        }
    }

    pub(in crate::chat::shared) const fn interface(&self) -> &'static dyn Interface {
        self.interface
    }

    /// Gives a person without a record an id.
    pub(in crate::chat::shared) fn identify(&mut self, id: &Rc<str>) {
        if let WrittenKnown::Id { id: own } = &mut self.known {
            *own = Some(id.clone());
        }
    }

    /// The data of a person who may be remembered.
    pub(in crate::chat::shared) fn admitted_mut(&mut self) -> Option<&mut WrittenAdmitted> {
        match &mut self.known {
            WrittenKnown::KeptPerson(admitted) => Some(admitted),
            WrittenKnown::Id { .. } => None,
        }
    }
}

impl Serialize for WrittenWay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { interface, known } = self;
        if matches!(known, WrittenKnown::Id { id: None }) && !interface.comes_back() {
            return serializer.serialize_str(interface.name());
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(interface.name(), known)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for WrittenWay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Ways)
    }
}

/// The reader of a way.
struct Ways;

impl<'de> Visitor<'de> for Ways {
    type Value = WrittenWay;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an interface, with what is known of its person")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<WrittenWay, E> {
        let interface = named(name)?;
        Ok(WrittenWay { interface, known: WrittenKnown::Id { id: None } })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<WrittenWay, A::Error> {
        let name: Option<String> = map.next_key()?;
        let interface = named(&name.unwrap_or_default())?;
        let known = map.next_value()?;
        Ok(WrittenWay { interface, known })
    }
}

/// The interface of this name. A newer program may have others.
fn named<E: Error>(name: &str) -> Result<&'static dyn Interface, E> {
    interfaces::named(name).ok_or_else(|| E::custom("no such interface"))
}

impl From<&Way> for WrittenWay {
    fn from(way: &Way) -> Self {
        let known = match &way.admitted {
            Some(admitted) => WrittenKnown::KeptPerson(Box::new((&**admitted).into())),
            None => WrittenKnown::Id { id: way.id.clone() },
        };
        Self { interface: way.interface, known }
    }
}

impl From<&WrittenWay> for Way {
    fn from(written: &WrittenWay) -> Self {
        let WrittenWay { interface, known } = written;
        let (id, admitted) = match known {
            WrittenKnown::KeptPerson(admitted) => (None, Some(Box::new((&**admitted).into()))),
            WrittenKnown::Id { id } => (id.clone(), None),
        };
        Self { interface: *interface, id, admitted }
    }
}
