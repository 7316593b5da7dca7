//! The application's answers to requests, by path and method.

use super::handlers::OnRequest;
use crate::session::HttpDoor;
use mio_wire::http::Method;

/// The methods of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Methods {
    /// GET, and HEAD.
    Get,
    Post,
}

/// The answer to requests for a path, or for all paths below one.
pub(super) struct Route<S> {
    /// A path; or, with a `/*` at its end, all paths below it.
    path: String,
    methods: Methods,
    /// With a spare place, a full server answers too.
    door: HttpDoor,
    /// Whether all requests for such routes have one pace.
    is_bulk: bool,
    pub(super) handler: OnRequest<S>,
}

/// All routes.
pub(super) struct Routes<S> {
    routes: Vec<Route<S>>,
}

impl Methods {
    /// Whether a method is one of them.
    const fn has(self, method: Method) -> bool {
        match self {
            Self::Get => matches!(method, Method::Get | Method::Head),
            Self::Post => matches!(method, Method::Post),
        }
    }
}

impl<S> Route<S> {
    /// How exactly it is for this path; `None` if it is for others.
    fn fits(&self, path: &str) -> Option<usize> {
        match self.path.strip_suffix('*').filter(|above| above.ends_with('/')) {
            Some(above) => path.starts_with(above).then_some(above.len()),
            None => (self.path == path).then_some(usize::MAX),
        }
    }
}

impl<S> Routes<S> {
    pub(super) const fn new() -> Self {
        Self { routes: Vec::new() }
    }

    /// # Panics
    /// If the path is none, or there is such a route already.
    pub(super) fn add(
        &mut self,
        path: &str,
        methods: Methods,
        door: HttpDoor,
        handler: OnRequest<S>,
    ) {
        let is_path =
            path.starts_with('/') && path.strip_suffix("/*").unwrap_or(path).find('*').is_none();
        assert!(is_path, "a path begins with /, and only /* at its end stands for others: {path}");
        let is_operators = |door| door == HttpDoor::Operators;
        let mut same = self.routes.iter().filter(|other| {
            other.path == path
                && other.methods == methods
                && is_operators(other.door) == is_operators(door)
        });
        assert!(same.next().is_none(), "this path has two routes: {path}");
        let is_bulk = false;
        self.routes.push(Route { path: path.to_owned(), methods, door, is_bulk, handler });
    }

    /// All requests for this path, which has a route for POST, have one pace from now on.
    pub(super) fn pace(&mut self, path: &str) {
        let mut all = self.routes.iter_mut();
        let found = all.find(|route| route.path == path && route.methods == Methods::Post);
        found.into_iter().for_each(|route| route.is_bulk = true);
    }

    /// Whether a request of the HTTP door is for a bulk route.
    pub(super) fn is_bulk(&mut self, path: &str, method: Method) -> bool {
        self.find(path, method, false).is_some_and(|route| route.is_bulk)
    }

    /// The route for a path that has this method: at the operators' door, or at the HTTP door. The
    /// most exact one counts.
    pub(super) fn find(
        &mut self,
        path: &str,
        method: Method,
        is_operators: bool,
    ) -> Option<&mut Route<S>> {
        let fitting = self.routes.iter_mut();
        let fitting = fitting.filter(|route| {
            (route.door == HttpDoor::Operators) == is_operators && route.methods.has(method)
        });
        fitting
            .filter_map(|route| route.fits(path).map(|exactness| (exactness, route)))
            .max_by_key(|(exactness, _)| *exactness)
            .map(|(_, route)| route)
    }

    /// The methods that a path has, as in `Allow` (RFC 9110, 10.2.1); `None` if it has no route.
    pub(super) fn allowed(&mut self, path: &str, is_operators: bool) -> Option<&'static str> {
        let mut has = |method| self.find(path, method, is_operators).is_some();
        match (has(Method::Get), has(Method::Post)) {
            (true, true) => Some("GET, HEAD, POST, OPTIONS"),
            (true, false) => Some("GET, HEAD, OPTIONS"),
            (false, true) => Some("POST, OPTIONS"),
            (false, false) => None,
        }
    }

    /// Whether a full server answers GET requests for a path, too.
    pub(super) fn is_spare(&self, path: &str) -> bool {
        let mut exact = self.routes.iter().filter(|route| {
            let is_exact = route.fits(path) == Some(usize::MAX);
            is_exact && route.methods == Methods::Get && route.door != HttpDoor::Operators
        });
        exact.next().is_some_and(|route| route.door == HttpDoor::Spare)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(all: &[(&str, Methods, HttpDoor)]) -> Routes<()> {
        let mut routes = Routes::new();
        for (path, methods, door) in all {
            routes.add(
                path,
                *methods,
                *door,
                Box::new(|_, _| super::super::WebResponse::not_found()),
            );
        }
        routes
    }

    #[test]
    fn the_most_exact_route_counts() {
        let clients = HttpDoor::Clients;
        let mut routes = routes(&[
            ("/*", Methods::Get, clients),
            ("/a/*", Methods::Get, clients),
            ("/a/b", Methods::Get, clients),
            ("/a/b", Methods::Post, clients),
            ("/healthz", Methods::Get, HttpDoor::Spare),
            ("/metrics", Methods::Get, HttpDoor::Operators),
        ]);
        let mut found = |path, method| routes.find(path, method, false).map(|it| it.path.clone());
        for (path, method, expected) in [
            ("/", Method::Get, Some("/*")),
            ("/a", Method::Get, Some("/*")),
            ("/a/", Method::Get, Some("/a/*")),
            ("/a/b", Method::Head, Some("/a/b")),
            ("/a/b/c", Method::Get, Some("/a/*")),
            ("/a/b", Method::Post, Some("/a/b")),
            ("/a/c", Method::Post, None),
            ("/metrics", Method::Get, Some("/*")),
        ] {
            assert_eq!(found(path, method).as_deref(), expected, "{path}");
        }
        assert_eq!(routes.allowed("/a/b", false), Some("GET, HEAD, POST, OPTIONS"));
        assert_eq!(routes.allowed("/a/c", false), Some("GET, HEAD, OPTIONS"));
        assert_eq!(routes.allowed("/a", true), None);
        assert!(routes.is_spare("/healthz") && !routes.is_spare("/metrics"));
    }
}
