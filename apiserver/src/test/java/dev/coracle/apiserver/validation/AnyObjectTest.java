package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.patch.ResetFields;
import dev.coracle.api.patch.ServerSideApply;
import dev.coracle.api.schema.Decoder;
import dev.coracle.api.schema.Defaulter;
import dev.coracle.api.schema.FieldValidation;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.SchemaField;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.schema.Scheme;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever comes in, decoding, defaulting, tracking and validating it end in an answer and no bug.
 */
class AnyObjectTest {

  private static final Scheme SCHEME = Scheme.builtIn();
  private static final String[] WORDS = {
    "",
    "a",
    "A b",
    "/x",
    "-1",
    "10%",
    "1Gi",
    "*",
    "None",
    "In",
    "RollingUpdate",
    "99999999999",
    "\ud83d\ude00",
    "..",
    "a/b/c",
    "10.0.0.1/8",
    "::1",
    "true",
    "a=b",
    "x".repeat(300),
    "https://a",
    "* * * * *",
    "2026-01-01T00:00:00Z"
  };

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void neverFailsOnItsOwn(long seed) {
    Random random = new Random(seed);
    for (ResourceDefinition resource : SCHEME.resources()) {
      for (int i = 0; i < 40; i++) {
        JsonNode given = value(resource.schema(), random, 9, i % 4 == 0 ? 0.03 : 0);
        String as = "seed " + seed + " " + resource + " " + given;
        try {
          ObjectNode tree =
              Decoder.decode(Json.bytes(given), resource, FieldValidation.STRICT, w -> {});
          ObjectNode other =
              Decoder.decode(
                  given, resource.schema(), resource.kind(), FieldValidation.WARN, w -> {});
          assertThat(tree).as(as).isEqualTo(other);
          Defaulter.apply(resource, tree);
          Validator.validateCreate(resource, tree);
          KubeObject before = KubeObject.of(tree);
          for (String subresource :
              List.of("", "status", "scale", "resize", "ephemeralcontainers")) {
            Validator.validateUpdate(resource, before, other, subresource);
          }
          ServerSideApply.Writer writer =
              new ServerSideApply.Writer(
                  "m", resource.kind().apiVersion(), "", ResetFields.of("status"), Instant.EPOCH);
          ObjectNode tracked = ServerSideApply.track(resource.schema(), null, tree, writer);
          ServerSideApply.track(resource.schema(), tracked, other, writer);
          ServerSideApply.apply(resource.schema(), tracked, other, writer, true);
        } catch (StatusException e) {
          assertThat(e.getMessage()).as(as).isNotEmpty();
        } catch (RuntimeException | StackOverflowError e) {
          throw new AssertionError(as, e);
        }
      }
    }
  }

  private static JsonNode value(SchemaType type, Random random, int depth, double wrong) {
    if (random.nextDouble() < wrong) {
      return random.nextBoolean() ? Json.NODES.nullNode() : Json.array().add(Json.object()).add(1);
    }
    return switch (type.kind()) {
      case OBJECT -> {
        ObjectNode out = Json.object();
        List<SchemaField> fields = List.copyOf(type.fields().values());
        for (SchemaField f : fields) {
          boolean likely = f.name().equals("spec") || f.name().equals("metadata") || f.required();
          if (depth > 0 && (likely || random.nextInt(3) == 0 && depth > 3)) {
            out.set(f.name(), value(f.type(), random, depth - 1, wrong));
          }
        }
        if (random.nextInt(60) == 0) {
          out.put("unknownField", 1);
        }
        yield out;
      }
      case MAP -> {
        ObjectNode out = Json.object();
        for (int i = random.nextInt(3); i > 0; i--) {
          out.set(
              WORDS[random.nextInt(WORDS.length)], value(type.item(), random, depth - 1, wrong));
        }
        yield out;
      }
      case LIST -> {
        ArrayNode out = Json.array();
        for (int i = depth > 0 ? random.nextInt(3) : 0; i > 0; i--) {
          out.add(value(type.item(), random, depth - 1, wrong));
        }
        yield out;
      }
      case INTEGER ->
          Json.NODES.numberNode(random.nextInt(5) == 0 ? random.nextInt() : random.nextInt(4) - 1);
      case INT_OR_STRING ->
          random.nextBoolean() ? Json.NODES.numberNode(random.nextInt(100) - 1) : text(random);
      case NUMBER -> Json.NODES.numberNode(random.nextDouble());
      case BOOLEAN -> Json.NODES.booleanNode(random.nextBoolean());
      case QUANTITY ->
          Json.NODES.textNode(List.of("1", "-1", "0.1m", "1000Gi", "1e3").get(random.nextInt(5)));
      case TIME, MICRO_TIME -> Json.NODES.textNode("2026-01-01T00:00:00.5+01:00");
      case BYTES -> Json.NODES.textNode("YQ==");
      case RAW, RAW_OBJECT -> Json.object().set("a", Json.array().addNull());
      case STRING -> text(random);
    };
  }

  private static JsonNode text(Random random) {
    return Json.NODES.textNode(WORDS[random.nextInt(WORDS.length)]);
  }
}
