use proc_macro::TokenStream;

/// The colour of the seal.
#[proc_macro]
pub fn colour(_: TokenStream) -> TokenStream {
    "\"green\"".parse().expect("a string is an expression")
}
