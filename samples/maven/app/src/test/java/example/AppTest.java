package example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class AppTest {
    @Test
    void greets() throws Exception {
        assertEquals("{\"text\":\"x\"}", App.greet("x"));
    }
}
