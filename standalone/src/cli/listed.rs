//! Values of which there are few: what shells complete them with, while what is typed is understood, and refused,
//! in the program's own words.

use std::error::Error;
use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command};

/// Reads a value with `parse`; `values` are those that there are.
#[derive(Debug)]
pub struct Listed<T, E> {
    values: &'static [&'static str],
    parse: fn(&str) -> Result<T, E>,
}

impl<T, E> Clone for Listed<T, E> {
    fn clone(&self) -> Self {
        Self {
            values: self.values,
            parse: self.parse,
        }
    }
}

/// A parser of one of `values`.
pub const fn listed<T, E>(
    values: &'static [&'static str],
    parse: fn(&str) -> Result<T, E>,
) -> Listed<T, E> {
    Listed { values, parse }
}

impl<T, E> TypedValueParser for Listed<T, E>
where
    T: Clone + Send + Sync + 'static,
    E: Into<Box<dyn Error + Send + Sync>> + 'static,
{
    type Value = T;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<T, clap::Error> {
        let parse = self.parse;
        let parser = StringValueParser::new().try_map(move |text| parse(&text));
        parser.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.values.iter().map(PossibleValue::new)))
    }
}
