package dev.coracle.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.ConstructNode;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.resolver.ScalarResolver;
import org.snakeyaml.engine.v2.schema.CoreSchema;
import org.snakeyaml.engine.v2.schema.Schema;

/**
 * YAML in and out. Bounded against alias bombs: the number of nodes after the expansion of aliases
 * is limited, and so is the depth.
 */
public final class Yaml {

  private static final int MOST_NODES = 1_000_000;
  private static final int DEEPEST = 200;

  /** The library copies what it has of a scalar anew for every buffer. */
  private static final int MOST_BUFFER = 1 << 18;

  private static final int LEAST_BUFFER = 1 << 10;

  /**
   * What readers of YAML 1.1, which Kubernetes' own tools are, take for a truth value, a number or
   * a time; the core schema would leave it bare.
   */
  private static final Pattern SPECIAL =
      Pattern.compile(
          "(?i:y|yes|on|n|no|off)|=|<<"
              + "|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\\.[0-9_]*)?"
              + "|[-+]?[0-9][0-9_]*(\\.[0-9_]*)?([eE][-+]?[0-9]+)?|[-+]?0[xXoObB][0-9a-fA-F_]+"
              + "|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?");

  private static final int LONGEST_SPECIAL = 100;

  private static final Tag OTHER = new Tag("tag:yaml.org,2002:other");

  /** Texts that anybody would read as something else are quoted. */
  private static final DumpSettings DUMP =
      DumpSettings.builder()
          .setDefaultFlowStyle(FlowStyle.BLOCK)
          .setIndicatorIndent(0)
          .setSplitLines(false)
          .setSchema(new Quoting(new CoreSchema()))
          .build();

  private record Quoting(Schema core) implements Schema {
    @Override
    public ScalarResolver getScalarResolver() {
      ScalarResolver resolver = core.getScalarResolver();
      return (value, implicit) -> {
        Tag tag = resolver.resolve(value, implicit);
        return implicit && tag.equals(Tag.STR) && isSpecial(value) ? OTHER : tag;
      };
    }

    @Override
    public Map<Tag, ConstructNode> getSchemaTagConstructors() {
      return core.getSchemaTagConstructors();
    }
  }

  private Yaml() {}

  /** A long text is not given to the pattern, which would need a stack as deep as it is long. */
  private static boolean isSpecial(String text) {
    return text.length() > LONGEST_SPECIAL
        ? text.chars().allMatch(c -> "+-.0123456789:_".indexOf(c) >= 0)
        : SPECIAL.matcher(text).matches();
  }

  /**
   * Reads one document.
   *
   * @throws StatusException {@code BadRequest}
   */
  public static JsonNode parse(byte[] yaml, int maxBytes) {
    return parse(yaml, maxBytes, new DuplicateKeys());
  }

  /** As {@link #parse(byte[], int)}; of keys that stand twice the last is taken. */
  public static JsonNode parse(byte[] yaml, int maxBytes, DuplicateKeys twice) {
    return parse(yaml, maxBytes, twice, false);
  }

  /**
   * Reads the first document of a file and no others, as Kubernetes' own programs read the files
   * that they are given.
   *
   * @throws StatusException {@code BadRequest}
   */
  public static JsonNode first(byte[] yaml, int maxBytes) {
    return parse(yaml, maxBytes, new DuplicateKeys(), true);
  }

  private static JsonNode parse(byte[] yaml, int maxBytes, DuplicateKeys twice, boolean first) {
    LoadSettings settings =
        LoadSettings.builder()
            .setSchema(new CoreSchema())
            .setMaxAliasesForCollections(50)
            .setAllowDuplicateKeys(true)
            .setAllowRecursiveKeys(false)
            .setCodePointLimit(maxBytes)
            .setBufferSize(Math.clamp(yaml.length + 1L, LEAST_BUFFER, MOST_BUFFER))
            .build();
    try {
      checkEvents(yaml, settings, twice, first);
      Load load = new Load(settings);
      Object value;
      if (first) {
        var documents = load.loadAllFromInputStream(new ByteArrayInputStream(yaml)).iterator();
        value = documents.hasNext() ? documents.next() : null;
      } else {
        value = load.loadFromInputStream(new ByteArrayInputStream(yaml));
      }
      return toJson(value, new int[1], 0);
    } catch (StatusException e) {
      throw e;
    } catch (RuntimeException e) {
      // Mostly a YamlEngineException; for some documents the library has others.
      String why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw StatusException.badRequest("error converting YAML to JSON: yaml: " + why);
    }
  }

  /** Before it is composed, which recurses by the depth that the document has; events do not. */
  private static void checkEvents(
      byte[] yaml, LoadSettings settings, DuplicateKeys twice, boolean first) {
    int depth = 0;
    for (Event event : new Parse(settings).parseInputStream(new ByteArrayInputStream(yaml))) {
      switch (event.getEventId()) {
        case MappingStart, SequenceStart -> {
          if (++depth > DEEPEST) {
            throw excessive();
          }
          twice.open(event.getEventId() == Event.ID.MappingStart);
        }
        case MappingEnd, SequenceEnd -> {
          depth--;
          twice.close();
        }
        case Scalar -> {
          int line = event.getStartMark().map(Mark::getLine).orElse(0) + 1;
          twice.scalar(((ScalarEvent) event).getValue(), line);
        }
        case Alias -> twice.scalar(null, 0);
        case DocumentEnd -> {
          if (first) {
            return;
          }
        }
        default -> {}
      }
    }
  }

  private static StatusException excessive() {
    return StatusException.badRequest(
        "error converting YAML to JSON: yaml: document contains excessive aliasing or depth");
  }

  private static JsonNode toJson(@Nullable Object value, int[] count, int depth) {
    if (++count[0] > MOST_NODES || depth > DEEPEST) {
      throw excessive();
    }
    return switch (value) {
      case null -> Json.NODES.nullNode();
      case Map<?, ?> map -> {
        ObjectNode node = Json.object();
        map.forEach((k, v) -> node.set(String.valueOf(k), toJson(v, count, depth + 1)));
        yield node;
      }
      case List<?> list -> {
        ArrayNode node = Json.array();
        list.forEach(v -> node.add(toJson(v, count, depth + 1)));
        yield node;
      }
      case String text -> Json.NODES.textNode(text);
      case Boolean flag -> Json.NODES.booleanNode(flag);
      case Integer number -> Json.NODES.numberNode(number);
      case Long number -> Json.NODES.numberNode(number);
      case BigInteger number -> Json.NODES.numberNode(number);
      case Double number -> Json.NODES.numberNode(number);
      case Float number -> Json.NODES.numberNode(number);
      default -> Json.NODES.textNode(String.valueOf(value));
    };
  }

  public static byte[] bytes(JsonNode node) {
    return new Dump(DUMP).dumpToString(plain(node)).getBytes(StandardCharsets.UTF_8);
  }

  private static @Nullable Object plain(JsonNode node) {
    if (node instanceof ObjectNode object) {
      Map<String, @Nullable Object> map = new LinkedHashMap<>();
      object.forEachEntry((k, v) -> map.put(k, plain(v)));
      return map;
    }
    if (node instanceof ArrayNode array) {
      List<@Nullable Object> list = new ArrayList<>();
      array.forEach(v -> list.add(plain(v)));
      return list;
    }
    if (node.isNull()) {
      return null;
    }
    if (node.isBoolean()) {
      return node.booleanValue();
    }
    if (node.isIntegralNumber()) {
      return node.bigIntegerValue();
    }
    return node.isNumber() ? (Object) node.doubleValue() : node.asText();
  }
}
