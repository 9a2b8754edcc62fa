package example;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;

public class App {
    static String greet(String text) throws Exception {
        return new ObjectMapper().writeValueAsString(Map.of("text", text));
    }

    public static void main(String[] args) throws Exception {
        System.out.println(greet("built with tekton-cache"));
    }
}
