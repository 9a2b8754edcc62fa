package example;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class AppTest {
    @Test
    public void greets() throws Exception {
        assertEquals("{\"text\":\"x\"}", App.greet("x"));
    }
}
