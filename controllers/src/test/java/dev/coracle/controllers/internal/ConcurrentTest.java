package dev.coracle.controllers.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ConcurrentTest {

  private final List<UniEmitter<? super Void>> begun = new ArrayList<>();

  private Uni<Void> begin(int number) {
    return Uni.createFrom().emitter(begun::add);
  }

  @Test
  void soManyAtOnceAndTheNextWhenOneHasEnded() {
    List<Integer> numbers = IntStream.range(0, 10).boxed().toList();
    CompletableFuture<Void> all =
        Concurrent.forEach(numbers, 3, this::begin).subscribeAsCompletionStage();
    assertThat(begun).hasSize(3);
    begun.get(1).complete(null);
    assertThat(begun).hasSize(4);
    for (int i = 0; i < begun.size(); i++) {
      assertThat(all).isNotDone();
      begun.get(i).complete(null);
    }
    assertThat(begun).hasSize(10);
    assertThat(all).isCompleted();
  }

  @Test
  void whatFailsHoldsUpNothingElse() {
    List<Integer> done = new ArrayList<>();
    Uni<Void> all =
        Concurrent.forEach(
            List.of(1, 2, 3, 4),
            2,
            number -> {
              if (number % 2 == 0) {
                return Uni.createFrom().failure(new IllegalStateException("no " + number));
              }
              done.add(number);
              return Uni.createFrom().voidItem();
            });
    assertThatThrownBy(() -> all.await().indefinitely()).hasMessage("no 2");
    assertThat(done).containsExactly(1, 3);
  }

  @Test
  void nothingIsDoneAtOnce() {
    Concurrent.forEach(List.<Integer>of(), this::begin).await().indefinitely();
    assertThat(begun).isEmpty();
  }
}
