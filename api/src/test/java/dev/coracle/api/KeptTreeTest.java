package dev.coracle.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is kept of a written tree is what would be read from its encoding. */
class KeptTreeTest {
  private static final String[] NAMES = {
    "spec", "status", "name", "ünï", "f:name", "k:{\"ip\":\"1\"}", "conditions", "phase"
  };
  private static final String[] TEXTS = {
    "", "Running", "True", "ünïcödé", "\"\\\n", "😀", "x".repeat(37)
  };

  private final Random random = new Random(7);

  private ObjectNode object(int depth) {
    ObjectNode out = Json.object();
    for (int n = random.nextInt(depth == 0 ? 30 : 6); n > 0; n--) {
      String name = NAMES[random.nextInt(NAMES.length)] + (depth == 0 ? n : random.nextInt(3));
      out.set(name, value(depth));
    }
    return out;
  }

  private JsonNode value(int depth) {
    return switch (random.nextInt(depth > 3 ? 8 : 11)) {
      case 0 -> Json.NODES.textNode(TEXTS[random.nextInt(TEXTS.length)]);
      case 1 -> Json.NODES.numberNode(random.nextInt());
      case 2 -> Json.NODES.numberNode((long) random.nextInt(100));
      case 3 -> Json.NODES.numberNode(1L << 40);
      case 4 -> Json.NODES.numberNode(BigInteger.valueOf(random.nextInt(9)).shiftLeft(30));
      case 5 -> Json.NODES.numberNode(random.nextInt() / 8.0);
      case 6 -> Json.NODES.booleanNode(random.nextBoolean());
      case 7 -> Json.NODES.nullNode();
      case 8, 9 -> object(depth + 1);
      default -> {
        ArrayNode array = Json.array();
        for (int n = random.nextInt(4); n > 0; n--) {
          array.add(value(depth + 1));
        }
        yield array;
      }
    };
  }

  /** With a version and managers somewhere among the rest. */
  private ObjectNode written(String version) {
    ObjectNode tree = object(0);
    ObjectNode metadata = tree.putObject("metadata").put("name", "a");
    if (random.nextBoolean()) {
      metadata.put("resourceVersion", version);
    }
    metadata.putArray("managedFields").add(object(1));
    metadata.putObject("labels").put("app", "web");
    return tree;
  }

  /** Leaves most as it is. */
  private ObjectNode changed(ObjectNode before) {
    ObjectNode out = before.deepCopy();
    before.forEachEntry((name, _) -> {
      switch (random.nextInt(8)) {
        case 0 -> out.remove(name);
        case 1 -> out.set(name, value(0));
        default -> {}
      }
    });
    if (random.nextBoolean()) {
      out.set("added", value(0));
    }
    out.putObject("metadata").put("name", "a").putArray("managedFields").add(object(1));
    return out;
  }

  /** The encoding as it is stored and shown: the version first, none of another. */
  private static KubeObject encoded(ObjectNode tree, String version) {
    ObjectNode out = tree.deepCopy();
    ObjectNode metadata = Json.object().put("resourceVersion", version);
    ((ObjectNode) tree.get("metadata"))
        .forEachEntry((name, value) -> {
          if (!name.equals("resourceVersion")) {
            metadata.set(name, value);
          }
        });
    out.set("metadata", metadata);
    return KubeObject.ofJson(Json.bytes(out));
  }

  private static String text(KubeObject object) {
    return new String(object.json(), StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void isWhatWouldBeParsed(long seed) {
    random.setSeed(seed);
    for (int i = 0; i < 300; i++) {
      ObjectNode first = written("1");
      KubeObject before = encoded(first, "2");
      before.wasWrittenFrom(first, "2", null);
      KubeObject old = before.trimmed();
      String oldText = text(old);
      ObjectNode second = changed(first);
      String secondText = second.toString();
      KubeObject now = encoded(second, "3");
      KubeObject parsed = KubeObject.ofJson(now.json()).trimmed();
      now.wasWrittenFrom(second, "3", before);
      assertThat(now.trimmed().tree()).isEqualTo(parsed.tree());
      assertThat(text(now.trimmed())).isEqualTo(text(parsed));
      assertThat(second.toString()).isEqualTo(secondText);
      assertThat(text(old)).as("the version before").isEqualTo(oldText);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void theWholeIsReadBesideIt(long seed) {
    random.setSeed(seed);
    for (int i = 0; i < 300; i++) {
      ObjectNode tree = written("1");
      if (random.nextInt(4) == 0) {
        ((ObjectNode) tree.get("metadata")).remove("managedFields");
      }
      KubeObject object = encoded(tree, "2");
      KubeObject parsed = KubeObject.ofJson(object.json());
      object.wasWrittenFrom(tree, "2", null);
      KubeObject held = object.trimmed();
      String heldText = text(held);
      KubeObject whole = random.nextBoolean() ? object : object.fleeting();
      assertThat(whole.tree()).isEqualTo(parsed.tree());
      assertThat(text(KubeObject.of(whole.tree()))).isEqualTo(text(parsed));
      held.tree()
          .forEachEntry((name, value) -> {
            if (!name.equals("metadata")) {
              assertThat(whole.at(name)).isSameAs(value);
            }
          });
      assertThat(text(KubeObject.of(held.tree()))).isEqualTo(heldText);
    }
  }

  @Test
  void sharesWhatIsAsBefore() {
    KubeObject old = pod("Pending");
    KubeObject before = encoded(old.tree(), "1");
    before.wasWrittenFrom(old.tree(), "1", null);
    KubeObject held = before.trimmed();
    KubeObject next = pod("Running");
    KubeObject now = encoded(next.tree(), "2");
    now.wasWrittenFrom(next.tree(), "2", before);
    KubeObject kept = now.trimmed();
    assertThat(kept.at("spec")).isSameAs(held.at("spec")).isNotSameAs(next.at("spec"));
    assertThat(kept.at("status", "conditions")).isSameAs(held.at("status", "conditions"));
    assertThat(kept.text("status", "phase")).isEqualTo("Running");
    assertThat(kept.resourceVersion()).isEqualTo("2");
    assertThat(held.resourceVersion()).isEqualTo("1");
  }

  private static KubeObject pod(String phase) {
    return KubeObject.parse(
        """
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","managedFields":[{"manager":"x"}]},
         "spec":{"containers":[{"name":"c","ports":[{"containerPort":80}]}]},
         "status":{"phase":"%s","conditions":[{"type":"Ready","status":"True"}]}}
        """
            .formatted(phase));
  }

  @Test
  void whatNobodyStoresIsParsed() {
    ObjectNode tree = pod("Running").edit();
    tree.set("data", Json.NODES.binaryNode(new byte[] {1, 2}));
    KubeObject object = encoded(tree, "1");
    object.wasWrittenFrom(tree, "1", null);
    assertThat(object.trimmed().text("data")).isEqualTo("AQI=");
  }
}
