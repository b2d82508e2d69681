package dev.coracle.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Trees are written byte for byte as Jackson writes them. */
class TreeEncoderTest {

  private static final String[] NAMES = {
    "", "name", "f:spec", "k:{\"ip\":\"10.0.0.7\"}", "ünï", "\u2028", "a?b", "😀", "x".repeat(70)
  };

  private static final char[] ODD = {
    '"', '\\', '/', '\b', '\f', '\n', '\r', '\t', 0, 1, 0x1f, 0x20, 0x21, 0x23, '?', '>', '@', '[',
    ']', 0x7f, 0x80, 0x9f, 0xa0, 0xe9, 0xff, 0x100, 0x122, 0x15c, 0x7ff, 0x800, 0x2028, 0x2029,
    0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000, 0xfeff, 0xfffd, 0xffff
  };

  private static byte[] expected(JsonNode node) {
    try {
      return Json.MAPPER.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void holds(JsonNode node) {
    assertThat(new String(Json.bytes(node), StandardCharsets.UTF_8))
        .isEqualTo(new String(expected(node), StandardCharsets.UTF_8));
    assertThat(Json.bytes(node)).isEqualTo(expected(node));
  }

  /** One that the encoder writes itself. */
  private static void written(JsonNode node) {
    assertThat(TreeEncoder.bytes(node)).isEqualTo(expected(node));
  }

  private static final class Trees {
    private final Random random;

    Trees(long seed) {
      random = new Random(seed);
    }

    private String text() {
      StringBuilder out = new StringBuilder();
      int kind = random.nextInt(4);
      for (int n = random.nextInt(random.nextInt(20) == 0 ? 1500 : 40); n > 0; n--) {
        switch (kind == 3 ? random.nextInt(4) : kind) {
          case 0 -> out.append((char) (' ' + random.nextInt(0x5f)));
          case 1 -> out.append(ODD[random.nextInt(ODD.length)]);
          case 2 -> out.append((char) ('a' + random.nextInt(26)));
          default -> out.appendCodePoint(random.nextInt(Character.MAX_CODE_POINT + 1));
        }
      }
      return out.toString();
    }

    private String name() {
      return random.nextInt(4) == 0 ? text() : NAMES[random.nextInt(NAMES.length)];
    }

    private JsonNode value(int depth) {
      return switch (random.nextInt(depth > 4 ? 8 : 12)) {
        case 0, 1 -> Json.NODES.textNode(text());
        case 2 -> Json.NODES.numberNode(random.nextInt() >> random.nextInt(32));
        case 3 -> Json.NODES.numberNode(random.nextLong() >> random.nextInt(64));
        case 4 -> Json.NODES.numberNode(Double.longBitsToDouble(random.nextLong()));
        case 5 -> Json.NODES.numberNode(new BigInteger(1 + random.nextInt(200), random).negate());
        case 6 -> Json.NODES.booleanNode(random.nextBoolean());
        case 7 -> Json.NODES.nullNode();
        case 8, 9 -> {
          ObjectNode out =
              random.nextInt(4) == 0 ? JsonNodeFactory.instance.objectNode() : Json.object();
          for (int n = random.nextInt(random.nextInt(6) == 0 ? 40 : 6); n > 0; n--) {
            out.set(name() + (n > 6 ? n : ""), value(depth + 1));
          }
          yield out;
        }
        default -> {
          ArrayNode out = Json.array();
          for (int n = random.nextInt(5); n > 0; n--) {
            out.add(value(depth + 1));
          }
          yield out;
        }
      };
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void treesAreWrittenAsByJackson(long seed) {
    Trees trees = new Trees(seed);
    for (int i = 0; i < 1500; i++) {
      holds(trees.value(0));
    }
  }

  @Test
  void everyCharacterInEveryPlace() {
    for (int c = 0; c <= Character.MAX_VALUE; c++) {
      written(Json.NODES.textNode("a" + (char) c + "b"));
    }
    for (char c : ODD) {
      for (int length = 1; length < 20; length++) {
        for (int place = 0; place < length; place++) {
          StringBuilder text = new StringBuilder("x".repeat(length));
          text.setCharAt(place, c);
          written(Json.NODES.textNode(text.toString()));
          written(Json.object().put(text.toString(), 1));
        }
      }
    }
  }

  @Test
  void numbersAtTheirLimits() {
    ArrayNode all = Json.array();
    for (long power = 1; power > 0 && power < Long.MAX_VALUE / 10; power *= 10) {
      all.add(power).add(power - 1).add(-power).add(1 - power).add((int) power);
    }
    all.add(Long.MAX_VALUE).add(Long.MIN_VALUE).add(Integer.MAX_VALUE).add(Integer.MIN_VALUE);
    all.add(0.0).add(-0.0).add(1e21).add(1e-7).add(Double.MIN_VALUE).add(Double.MAX_VALUE);
    all.add(BigInteger.ONE.shiftLeft(300)).add(BigInteger.ZERO);
    written(all);
  }

  @Test
  void whatFillsTheBufferToItsEnd() {
    for (int length = 8100; length < 8300; length++) {
      written(Json.array().add("x".repeat(length)).add(1).add(true).add("é").add(Json.object()));
    }
    written(Json.NODES.textNode("\u0001".repeat(100_000)));
    written(Json.NODES.textNode("é".repeat(100_000)));
  }

  @Test
  void whatIsUnusualIsLeftToJackson() {
    List<JsonNode> unusual =
        List.of(
            Json.NODES.binaryNode(new byte[] {1, 2, 3}),
            Json.NODES.numberNode(Double.NaN),
            Json.NODES.numberNode(Double.NEGATIVE_INFINITY),
            Json.NODES.numberNode(1.5f),
            Json.NODES.numberNode((short) 7),
            Json.NODES.numberNode(new BigDecimal("1.50")),
            Json.NODES.pojoNode(List.of("a", 1)),
            Json.NODES.missingNode());
    for (JsonNode node : unusual) {
      assertThat(TreeEncoder.bytes(node)).isNull();
      holds(node);
      holds(Json.array().add("before").add(node).add("after"));
    }
  }

  private static JsonNode nested(int depth) {
    JsonNode node = Json.array();
    for (int i = 1; i < depth; i++) {
      node = i % 2 == 0 ? Json.array().add(node) : Json.object().set("a", node);
    }
    return node;
  }

  @Test
  void asDeepAsJacksonWrites() {
    written(nested(1000));
    assertThatThrownBy(() -> expected(nested(1001))).isInstanceOf(UncheckedIOException.class);
    assertThatThrownBy(() -> Json.bytes(nested(1001))).isInstanceOf(UncheckedIOException.class);
  }

  @Test
  void manyThreadsAtOnce() throws Exception {
    List<Future<?>> all = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int n = 0; n < 32; n++) {
        long seed = n;
        all.add(
            threads.submit(() -> {
              Trees trees = new Trees(seed);
              for (int i = 0; i < 100; i++) {
                holds(trees.value(0));
                Thread.yield();
              }
            }));
      }
    }
    for (Future<?> one : all) {
      one.get();
    }
  }
}
