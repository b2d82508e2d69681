package dev.coracle.api.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes inputs out of right ones: bytes changed, ranges taken out, doubled or put elsewhere, words
 * and numbers put in, two inputs joined, and now and then a piece that is repeated very often.
 * Belongs to one thread.
 */
public final class Mutator {

  private static final int LONGEST = 128 << 10;
  private static final int OFTEN = 40_000;

  private static final List<byte[]> ALWAYS =
      bytes(
          "0",
          "-1",
          "1",
          "9223372036854775807",
          "9223372036854775808",
          "-9223372036854775808",
          "4294967296",
          "2147483648",
          "1e999999999",
          "-0",
          "1e-400",
          "0.1",
          "NaN",
          "null",
          "true",
          "\"\"",
          "{}",
          "[]",
          "\u0000",
          "\uFFFD",
          "\uD83D\uDE00",
          "%00",
          "\r\n",
          "\\u0000",
          "\\ud800",
          "~1",
          "..",
          "/",
          "*",
          "٣");

  private final SplittableRandom random;
  private final List<byte[]> seeds;
  private final List<byte[]> words;

  public Mutator(SplittableRandom random, List<byte[]> seeds, List<byte[]> words) {
    this.random = random;
    this.seeds = seeds.isEmpty() ? List.of(new byte[0]) : List.copyOf(seeds);
    this.words = new ArrayList<>(ALWAYS);
    for (int i = 0; i < 3; i++) {
      this.words.addAll(words);
    }
  }

  private static List<byte[]> bytes(String... texts) {
    return Arrays.stream(texts).map(t -> t.getBytes(StandardCharsets.UTF_8)).toList();
  }

  public byte[] next() {
    byte[] input = seeds.get(random.nextInt(seeds.size()));
    int changes = 1 << random.nextInt(5);
    for (int i = 0; i < changes; i++) {
      input = change(input);
    }
    return input.length > LONGEST ? Arrays.copyOf(input, LONGEST) : input;
  }

  private byte[] change(byte[] in) {
    int at = random.nextInt(in.length + 1);
    int length = in.length == at ? 0 : random.nextInt(Math.min(in.length - at, 40)) + 1;
    return switch (random.nextInt(10)) {
      case 0 -> flipped(in);
      case 1 -> joined(in, at, new byte[0], at + length);
      case 2 -> joined(in, at + length, Arrays.copyOfRange(in, at, at + length), at + length);
      case 3, 4 -> joined(in, at, word(), at);
      case 5 -> joined(in, at, word(), at + length);
      case 6 -> {
        byte[] other = seeds.get(random.nextInt(seeds.size()));
        yield joined(in, at, other, random.nextInt(2) == 0 ? in.length : at);
      }
      case 7 -> {
        int from = random.nextInt(in.length + 1);
        int to = Math.min(in.length, from + random.nextInt(30));
        yield joined(in, at, Arrays.copyOfRange(in, from, to), at + length);
      }
      case 8 -> random.nextInt(12) == 0 ? joined(in, at, repeated(), at) : flipped(in);
      default -> {
        byte[] some = new byte[1 + random.nextInt(4)];
        random.nextBytes(some);
        yield joined(in, at, some, at);
      }
    };
  }

  private byte[] word() {
    return words.get(random.nextInt(words.size()));
  }

  private byte[] repeated() {
    byte[] word = word();
    if (word.length == 0) {
      return word;
    }
    byte[] out = new byte[Math.min(LONGEST, word.length * (1 + random.nextInt(OFTEN)))];
    for (int i = 0; i < out.length; i++) {
      out[i] = word[i % word.length];
    }
    return out;
  }

  private byte[] flipped(byte[] in) {
    if (in.length == 0) {
      return in;
    }
    byte[] out = in.clone();
    int at = random.nextInt(out.length);
    out[at] = (byte) (random.nextBoolean() ? out[at] ^ 1 << random.nextInt(8) : random.nextInt());
    return out;
  }

  /** The beginning of an input, something, and its end. */
  private static byte[] joined(byte[] in, int to, byte[] middle, int from) {
    byte[] out = new byte[to + middle.length + in.length - from];
    System.arraycopy(in, 0, out, 0, to);
    System.arraycopy(middle, 0, out, to, middle.length);
    System.arraycopy(in, from, out, to + middle.length, in.length - from);
    return out;
  }
}
