//! Two sides of one thing, carried together so that neither is forgotten.

/// The current side (`from`) and the desired side (`to`) of something.
///
/// ```
/// use whimbrel_core::pair::Pair;
/// let lengths = Pair::new("a", "abc").map(str::len);
/// assert_eq!((lengths.from, lengths.to), (1, 3));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pair<T> {
    /// What there is now.
    pub from: T,
    /// What there should be.
    pub to: T,
}

impl<T> Pair<T> {
    /// Puts two sides together.
    pub fn new(from: T, to: T) -> Self {
        Self { from, to }
    }

    /// Applies `f` to both sides.
    pub fn map<U>(self, mut f: impl FnMut(T) -> U) -> Pair<U> {
        Pair { from: f(self.from), to: f(self.to) }
    }

    /// Borrows both sides.
    ///
    /// ```
    /// use whimbrel_core::pair::Pair;
    /// let names = Pair::new("nick".to_owned(), "nickname".to_owned());
    /// assert_eq!(names.as_ref().map(|name| name.len()), Pair::new(4, 8));
    /// assert_eq!(names.to, "nickname");
    /// ```
    pub fn as_ref(&self) -> Pair<&T> {
        Pair { from: &self.from, to: &self.to }
    }

    /// Exchanges the two sides: the way back.
    ///
    /// ```
    /// use whimbrel_core::pair::Pair;
    /// assert_eq!(Pair::new("now", "then").reversed(), Pair::new("then", "now"));
    /// ```
    pub fn reversed(self) -> Pair<T> {
        Pair { from: self.to, to: self.from }
    }
}
