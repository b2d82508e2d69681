package dev.coracle.kubelet.internal.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What suits all resources best. Hints are written as their nodes, preferred ones with a "!". */
class HintMergerTest {
  /** Nodes 0 and 2 are near each other, and so are 1 and 3. */
  private static final NumaNodes FOUR =
      new NumaNodes(
          Map.of(
              0, node(10, 30, 20, 30),
              1, node(30, 10, 30, 20),
              2, node(20, 30, 10, 30),
              3, node(30, 20, 30, 10)));

  private static NumaNodes.Node node(Integer... distances) {
    return new NumaNodes.Node(0, Map.of(), List.of(distances));
  }

  private static NumaMask mask(String nodes) {
    return NumaMask.of(nodes.chars().map(c -> c - '0').boxed().toList());
  }

  /** One of each resource; resources are separated by "/". */
  private static List<List<TopologyHint>> hints(String text) {
    return Arrays.stream(text.split("/"))
        .map(resource -> Arrays.stream(resource.strip().split(" ")).map(HintMergerTest::hint))
        .map(hints -> hints.toList())
        .toList();
  }

  private static TopologyHint hint(String text) {
    String nodes = text.replace("!", "");
    return new TopologyHint(nodes.equals("any") ? null : mask(nodes), text.endsWith("!"));
  }

  private static String text(TopologyHint hint) {
    NumaMask nodes = hint.nodes();
    StringBuilder out = new StringBuilder();
    if (nodes != null) {
      nodes.nodes().forEach(out::append);
    }
    return out + (hint.preferred() ? "!" : "");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nobody cares                       | any!                     | 01!",
        "one cannot be had                  | any / 0! 1!               | 0",
        "the lower node                     | 0! 1! 01                  | 0!",
        "the node that both have            | 0! 1! 01 / 1! 01          | 1!",
        "preferred before narrow            | 01! / 0 01!               | 01!",
        "not the same is not preferred      | 0! 01 / 01!               | 01",
        "as wide as the widest takes        | 0 1 01 / 01               | 01",
        "no node in common                  | 0! / 1!                   | 01",
        "whoever may have any does not care | any! / 1! 01              | 1!",
      })
  void ofTwoNodes(String why, String hints, String best) {
    NumaMask all = mask("01");
    assertThat(text(HintMerger.merge(all, hints(hints), NumaNodes.lowest())))
        .as(why)
        .isEqualTo(best);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "of pairs the lowest       | false | 01! 02! 13! 23! | 01!",
        "of pairs the nearest      | true  | 01! 02! 13! 23! | 02!",
        "of near ones the lowest   | true  | 13! 02!         | 02!",
        "narrow before near        | true  | 3! 02!          | 3!",
        "the widest that is enough | false | 0 012 / 01 0123 | 01",
      })
  void ofFourNodes(String why, boolean closest, String hints, String best) {
    Comparator<NumaMask> better = closest ? FOUR.closest() : NumaNodes.lowest();
    assertThat(text(HintMerger.merge(FOUR.all(), hints(hints), better))).as(why).isEqualTo(best);
  }

  /** Upstream's way: all combinations, one after the other, each compared with the best so far. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void asWhoeverLooksAtEveryCombination(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (int round = 0; round < 300; round++) {
      NumaMask all = mask(random.nextBoolean() ? "012" : "0123");
      List<List<TopologyHint>> hints =
          IntStream.range(0, 1 + random.nextInt(3)).mapToObj(_ -> some(random, all)).toList();
      Comparator<NumaMask> better = random.nextBoolean() ? FOUR.closest() : NumaNodes.lowest();
      assertThat(HintMerger.merge(all, hints, better))
          .as("seed %d, round %d: %s", seed, round, hints)
          .isEqualTo(naive(all, hints, better));
    }
  }

  private static List<TopologyHint> some(SplittableRandom random, NumaMask all) {
    List<TopologyHint> out = new ArrayList<>();
    if (random.nextInt(5) == 0) {
      out.add(new TopologyHint(null, random.nextBoolean()));
    }
    all.parts()
        .filter(_ -> random.nextInt(3) == 0)
        .forEach(part -> out.add(new TopologyHint(part, random.nextInt(3) == 0)));
    return out;
  }

  private static TopologyHint naive(
      NumaMask all, List<List<TopologyHint>> hints, Comparator<NumaMask> better) {
    int widest = 0;
    for (List<TopologyHint> of : hints) {
      int least =
          of.stream()
              .map(h -> h.nodesOr(NumaMask.NONE))
              .mapToInt(NumaMask::count)
              .filter(c -> c > 0)
              .min()
              .orElse(0);
      widest = Math.max(widest, least);
    }
    Best best = new Best(widest, better);
    combine(
        hints,
        List.of(),
        taken -> {
          NumaMask common = all;
          boolean preferred = true;
          List<NumaMask> named = new ArrayList<>();
          for (TopologyHint hint : taken) {
            preferred &= hint.preferred();
            NumaMask nodes = hint.nodes();
            if (nodes != null) {
              common = common.and(nodes);
              named.add(nodes);
            }
          }
          best.offer(new TopologyHint(common, preferred && named.stream().distinct().count() < 2));
        });
    TopologyHint found = best.hint;
    return found == null ? new TopologyHint(all, false) : found;
  }

  private static void combine(
      List<List<TopologyHint>> left, List<TopologyHint> taken, Consumer<List<TopologyHint>> then) {
    if (left.isEmpty()) {
      then.accept(taken);
      return;
    }
    for (TopologyHint hint : left.getFirst()) {
      List<TopologyHint> more = new ArrayList<>(taken);
      more.add(hint);
      combine(left.subList(1, left.size()), more, then);
    }
  }

  private static final class Best {
    private final int widest;
    private final Comparator<NumaMask> better;
    @Nullable TopologyHint hint;

    Best(int widest, Comparator<NumaMask> better) {
      this.widest = widest;
      this.better = better;
    }

    void offer(TopologyHint other) {
      TopologyHint now = hint;
      if (other.nodesOr(NumaMask.NONE).isEmpty()) {
        return;
      }
      if (now == null || isBetter(other, now)) {
        hint = other;
      }
    }

    private boolean isBetter(TopologyHint other, TopologyHint now) {
      if (other.preferred() != now.preferred()) {
        return other.preferred();
      }
      NumaMask a = other.nodesOr(NumaMask.NONE);
      NumaMask b = now.nodesOr(NumaMask.NONE);
      boolean narrower = a.count() == b.count() ? better.compare(a, b) < 0 : a.count() < b.count();
      if (other.preferred() || b.count() > widest) {
        return narrower;
      }
      if (b.count() == widest) {
        return a.count() == widest && narrower;
      }
      if (a.count() > widest) {
        return false;
      }
      return a.count() == b.count() ? narrower : a.count() > b.count();
    }
  }

  @Test
  void partsAreAllSetsOfSomeNodes() {
    assertThat(mask("13").parts()).containsExactlyInAnyOrder(mask("13"), mask("1"), mask("3"));
    assertThat(NumaMask.NONE.parts()).isEmpty();
    assertThat(FOUR.all().parts()).hasSize(15).doesNotHaveDuplicates();
  }
}
