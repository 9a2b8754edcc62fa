use clap::Parser;
use serde::Serialize;

/// Prints a greeting as JSON.
#[derive(Parser)]
struct Arguments {
    #[arg(long, default_value = "built with tekton-cache")]
    text: String,
}

#[derive(Serialize)]
struct Greeting {
    text: String,
}

fn greet(text: String) -> String {
    serde_json::to_string(&Greeting { text }).expect("a greeting is JSON")
}

fn main() {
    println!("{}", greet(Arguments::parse().text));
}

#[cfg(test)]
mod tests {
    #[test]
    fn greets() {
        assert_eq!(super::greet("x".into()), r#"{"text":"x"}"#);
    }
}
