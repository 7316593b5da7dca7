//! Tables addressed by generational ids.

use super::Id;
use slab::Slab;

/// A slab whose ids go stale when their entry is removed.
#[derive(Debug)]
pub struct Table<K, T> {
    entries: Slab<(u32, T)>,
    inserted: u32,
    kind: std::marker::PhantomData<fn() -> K>,
}

impl<K, T> Default for Table<K, T> {
    fn default() -> Self {
        Self { entries: Slab::new(), inserted: 0, kind: std::marker::PhantomData }
    }
}

impl<K, T> Table<K, T> {
    /// Stores `value` and returns its id.
    pub fn insert(&mut self, value: T) -> Id<K> {
        self.inserted = self.inserted.wrapping_add(1);
        let index = self.entries.insert((self.inserted, value));
        let index = u32::try_from(index).expect("a table holds fewer than 2^32 entries");
        Id::new(index, self.inserted)
    }

    /// Takes the entry out; `None` if the id is stale.
    pub fn remove(&mut self, id: Id<K>) -> Option<T> {
        self.get(id)?;
        Some(self.entries.remove(id.index()).1)
    }

    /// The entry; `None` if the id is stale.
    pub fn get(&self, id: Id<K>) -> Option<&T> {
        match self.entries.get(id.index()) {
            Some((generation, value)) if *generation == id.generation() => Some(value),
            _ => None,
        }
    }

    /// The entry, to change; `None` if the id is stale.
    pub fn get_mut(&mut self, id: Id<K>) -> Option<&mut T> {
        match self.entries.get_mut(id.index()) {
            Some((generation, value)) if *generation == id.generation() => Some(value),
            _ => None,
        }
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All entries, to change.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.entries.iter_mut().map(|(_, (_, value))| value)
    }

    /// All entries with their ids, in the order of their places.
    pub fn iter(&self) -> impl Iterator<Item = (Id<K>, &T)> + Clone {
        self.entries
            .iter()
            .map(|(index, (generation, value))| (Id::new(index as u32, *generation), value))
    }
}

/// Values attached to the entries of another table, by its ids.
#[derive(Debug)]
pub struct Attached<K, T> {
    entries: Vec<Option<(u32, T)>>,
    kind: std::marker::PhantomData<fn() -> K>,
}

impl<K, T> Default for Attached<K, T> {
    fn default() -> Self {
        Self { entries: Vec::new(), kind: std::marker::PhantomData }
    }
}

impl<K, T> Attached<K, T> {
    /// Attaches `value` to `id`, and returns the earlier value of its place.
    pub fn insert(&mut self, id: Id<K>, value: T) -> Option<T> {
        if self.entries.len() <= id.index() {
            self.entries.resize_with(id.index() + 1, || None);
        }
        let before = self.entries[id.index()].replace((id.generation(), value));
        before.map(|(_, value)| value)
    }

    /// The ids that have a value, each with it, in the order of their places.
    pub fn iter(&self) -> impl Iterator<Item = (Id<K>, &T)> {
        self.entries.iter().enumerate().filter_map(|(at, entry)| {
            let (generation, value) = entry.as_ref()?;
            Some((Id::new(at as u32, *generation), value))
        })
    }

    /// The ids that have a value, in the order of their places.
    pub fn ids(&self) -> Vec<Id<K>> {
        self.iter().map(|(id, _)| id).collect()
    }

    /// Removes the value of `id` and returns it; `None` if there is none.
    pub fn remove(&mut self, id: Id<K>) -> Option<T> {
        self.get(id)?;
        self.entries[id.index()].take().map(|(_, value)| value)
    }

    /// The value of `id`; `None` if there is none.
    pub fn get(&self, id: Id<K>) -> Option<&T> {
        match self.entries.get(id.index()) {
            Some(Some((generation, value))) if *generation == id.generation() => Some(value),
            _ => None,
        }
    }

    /// The value of `id`, to change; `None` if there is none.
    pub fn get_mut(&mut self, id: Id<K>) -> Option<&mut T> {
        match self.entries.get_mut(id.index()) {
            Some(Some((generation, value))) if *generation == id.generation() => Some(value),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::kind;

    #[test]
    fn a_stale_id_resolves_to_nothing() {
        let mut table: Table<kind::Socket, &str> = Table::default();
        let first = table.insert("first");
        assert_eq!(table.remove(first), Some("first"));
        let second = table.insert("second");
        assert_eq!(second.index(), first.index());
        assert_eq!(table.get(first), None);
        assert_eq!(table.remove(first), None);
        assert_eq!(table.get(second), Some(&"second"));
        assert_eq!(table.len(), 1);
    }

    #[test]
    fn an_attached_value_belongs_to_one_generation() {
        let mut table: Table<kind::Socket, ()> = Table::default();
        let mut names: Attached<kind::Socket, &str> = Attached::default();
        let first = table.insert(());
        names.insert(first, "first");
        table.remove(first);
        let second = table.insert(());
        assert_eq!(names.get(second), None);
        assert_eq!(names.remove(second), None);
        names.insert(second, "second");
        assert_eq!(names.get(first), None);
        assert_eq!(names.remove(second), Some("second"));
        assert_eq!(names.get(second), None);
    }
}
