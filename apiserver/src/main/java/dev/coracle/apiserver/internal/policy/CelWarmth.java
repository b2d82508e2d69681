package dev.coracle.apiserver.internal.policy;

import dev.cel.common.types.SimpleType;
import dev.coracle.cel.Budget;
import dev.coracle.cel.CelEnvironment;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.util.Map;

/**
 * Whether the engine of expressions is loaded. Its first expression takes hundreds of milliseconds,
 * most of them for loading classes, so it is compiled on a worker thread; a request that will need
 * expressions waits for that without holding an event loop. Of a whole JVM, as its classes are.
 */
final class CelWarmth {

  private static volatile boolean warm;

  /** Touches what most expressions use: macros, texts, regular expressions, own functions. */
  private static final class First {
    static final boolean TRUE =
        new CelEnvironment(Map.of("object", SimpleType.DYN), Map.of())
            .compileBool(
                "object.a.exists(x, x.matches('^b.*$') && x + 'c' == 'bc') && !has(object.d)"
                    + " && quantity('1') == quantity('1000m')")
            .test(Map.of("object", Map.of("a", java.util.List.of("b"))), new Budget());
  }

  private CelWarmth() {}

  static boolean isWarm() {
    return warm;
  }

  /** Completes on the caller's context when expressions can be compiled without delay. */
  static Uni<Void> warmUp(Vertx vertx) {
    return Uni.createFrom()
        .completionStage(() ->
            vertx
                .executeBlocking(
                    () -> {
                      warm = First.TRUE;
                      return warm;
                    },
                    false)
                .toCompletionStage())
        .replaceWithVoid();
  }
}
