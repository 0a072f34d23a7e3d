package dev.prism.plugin.neptune;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import dev.prism.conformance.GremlinTables;
import dev.prism.conformance.Injections;
import dev.prism.testservers.GremlinServer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Text becomes a literal that is that text and nothing else. */
@Tag("conformance")
class LiteralsTest {
  /** What a literal may be made of: nothing that ends it, and no comment or call to be seen. */
  private static final String FORM = "'([A-Za-z0-9 _.:,@-]|\\\\['\\\\btnfr]|\\\\u[0-9A-F]{4})*'";

  @TempDir private static Path directory;
  private static GremlinServer server;

  @BeforeAll
  static void startServer() {
    server = GremlinServer.forTests(directory.resolve("server"));
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  /** Texts of all sorts of characters, most of them such as mean something to a reader. */
  private static List<String> random(int count) {
    Random random = new Random(7);
    String signs = "'\"\\`$(){}[].,;:/*#-u0027n\n\r\t\0\b\f ~%";
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      StringBuilder text = new StringBuilder();
      for (int length = random.nextInt(24); length > 0; length--) {
        int point =
            switch (random.nextInt(4)) {
              case 0 -> random.nextInt(128);
              case 1 -> random.nextInt(Character.MAX_CODE_POINT + 1);
              default -> signs.charAt(random.nextInt(signs.length()));
            };
        boolean surrogate = point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
        text.appendCodePoint(surrogate ? 'x' : point);
      }
      texts.add(text.toString());
    }
    return texts;
  }

  private static List<String> everyCharacter() {
    List<String> texts = new ArrayList<>();
    for (int from = 0; from < Character.MIN_SURROGATE; from += 512) {
      StringBuilder text = new StringBuilder();
      for (int c = from; c < from + 512; c++) {
        text.append((char) c);
      }
      texts.add(text.toString());
    }
    return texts;
  }

  private static List<String> texts() {
    return Stream.of(Injections.corpus(), random(3000), everyCharacter(), List.of(""))
        .flatMap(List::stream)
        .distinct()
        .toList();
  }

  private static List<String> asked(String traversal) {
    String answer = new GremlinTables(server.url(), "").ask(traversal);
    return StreamSupport.stream(
            JsonParser.parseString(answer)
                .getAsJsonObject()
                .getAsJsonObject("result")
                .getAsJsonObject("data")
                .getAsJsonArray("@value")
                .spliterator(),
            false)
        .map(each -> each.getAsString())
        .toList();
  }

  @Test
  void aLiteralHoldsNoSignThatEndsIt() {
    for (String text : texts()) {
      assertThat(Literals.text(text)).matches(FORM);
    }
  }

  @Test
  void whatIsWrittenComesBackAsItWas() {
    List<String> texts = texts();
    for (int i = 0; i < texts.size(); i += 100) {
      List<String> some = texts.subList(i, Math.min(texts.size(), i + 100));

      List<String> answered = asked("g.inject(" + Literals.texts(some.stream()) + ")");

      assertThat(answered).isEqualTo(some);
    }
  }

  @Test
  void aPropertysNameIsWhatWasWritten() {
    List<String> names =
        Stream.concat(Injections.corpus().stream(), random(300).stream())
            .filter(name -> !name.isEmpty() && !name.startsWith("~"))
            .filter(name -> !List.of("id", "label").contains(name))
            .distinct()
            .toList();
    for (String name : names) {
      String id = Literals.text("named " + name);
      String literal = Literals.text(name);
      asked("g.addV('named').property(id,%s).property(%s,'x').id()".formatted(id, literal));

      List<String> keys = asked("g.V(%s).properties(%s).key()".formatted(id, literal));

      assertThat(keys).containsExactly(name);
    }
  }

  @Test
  void anOptionInATextIsNoOption() {
    // Gremlin Server looks for the options of a query by its text: this one would end it at once.
    String option = "x.with(\"evaluationTimeout\",1).with('evaluationTimeout',1)/*";

    List<String> answered =
        asked(
            "g.with('evaluationTimeout',20000).inject("
                + Literals.texts(Stream.generate(() -> option).limit(500))
                + ").dedup()");

    assertThat(answered).containsExactly(option);
  }
}
