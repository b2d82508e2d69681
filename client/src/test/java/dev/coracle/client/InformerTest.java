package dev.coracle.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.client.fake.FakeClient;
import dev.coracle.client.fake.ManualContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InformerTest {

  private final ManualContext context = new ManualContext();
  private final FakeClient api = new FakeClient(context.clock());
  private final InformerFactory factory = new InformerFactory(context, api, new Random(1));
  private final List<String> seen = new ArrayList<>();

  private final Informer.Handler recorder =
      new Informer.Handler() {
        @Override
        public void added(KubeObject object) {
          seen.add("+" + object.name());
        }

        @Override
        public void updated(KubeObject before, KubeObject now) {
          seen.add("~" + now.name());
        }

        @Override
        public void deleted(KubeObject last) {
          seen.add("-" + last.name());
        }
      };

  private static KubeObject configMap(String name, String value) {
    return KubeObject.parse(
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"namespace\":\"a\",\"name\":\""
            + name
            + "\"},\"data\":{\"k\":\""
            + value
            + "\"}}");
  }

  private void create(String name) {
    api.create(Resources.CONFIG_MAPS, configMap(name, "")).await().indefinitely();
  }

  private void delete(String name) {
    api.delete(Resources.CONFIG_MAPS, "a", name, DeleteOptions.DEFAULT).await().indefinitely();
  }

  private Informer started() {
    Informer informer = factory.informer(Resources.CONFIG_MAPS).addHandler(recorder);
    factory.start().subscribe().with(_ -> seen.add("synced"));
    context.runUntilIdle();
    return informer;
  }

  @Test
  void listsThenWatches() {
    create("x");
    Informer informer = started();
    create("y");
    api.patch(
            Resources.CONFIG_MAPS,
            "a",
            "x",
            Patch.merge(n -> n.withObjectProperty("data").put("k", "2")))
        .await()
        .indefinitely();
    delete("y");
    context.runUntilIdle();
    assertThat(seen).containsExactly("+x", "synced", "+y", "~x", "-y");
    assertThat(informer.lister().get("a", "x").orElseThrow().text("data", "k")).isEqualTo("2");
    assertThat(informer.lister().list("a")).hasSize(1);
  }

  @Test
  void whatItHoldsHasNoManagedFields() {
    KubeObject managed =
        configMap("x", "1")
            .with(o -> o.withObject("/metadata").putArray("managedFields").addObject());
    api.create(Resources.CONFIG_MAPS, managed).await().indefinitely();
    Informer informer = started();
    api.create(Resources.CONFIG_MAPS, managed.with(o -> o.withObject("/metadata").put("name", "y")))
        .await()
        .indefinitely();
    context.runUntilIdle();
    assertThat(informer.lister().list("a"))
        .hasSize(2)
        .noneMatch(o -> o.metadata().has("managedFields"))
        .allMatch(o -> o.text("data", "k").equals("1"));
  }

  @Test
  void resumesAnEndedWatchWithoutListing() {
    started();
    api.endWatches();
    create("x");
    context.advance(Duration.ofSeconds(1));
    assertThat(seen).containsExactly("synced", "+x");
    assertThat(api.calls("list", Resources.CONFIG_MAPS)).hasSize(1);
  }

  @Test
  void listsAgainAfter410AndGivesTheDifference() {
    create("x");
    create("y");
    started();
    api.failWhen(call ->
        call.verb().equals("watch")
            ? Optional.of(StatusException.unavailable("down"))
            : Optional.empty());
    api.endWatches();
    delete("x");
    create("z");
    api.compact();
    context.advance(Duration.ofSeconds(1));
    assertThat(seen).doesNotContain("+z");
    api.failWhen(_ -> Optional.empty());
    context.advance(Duration.ofSeconds(60));
    assertThat(seen).containsExactly("+x", "+y", "synced", "+z", "-x");
    create("w");
    context.runUntilIdle();
    assertThat(seen).endsWith("+w");
  }

  @Test
  void isSharedAndGivesLateHandlersWhatIsThere() {
    create("x");
    started();
    factory.informer(Resources.CONFIG_MAPS).addHandler(recorder);
    context.runUntilIdle();
    assertThat(seen).containsExactly("+x", "synced", "+x");
    assertThat(api.calls("watch", Resources.CONFIG_MAPS)).hasSize(1);
  }

  @Test
  void indexesFollowTheObjects() {
    Informer informer =
        factory
            .informer(Resources.CONFIG_MAPS)
            .addIndex("value", o -> List.of(o.text("data", "k")));
    started();
    api.put(Resources.CONFIG_MAPS, configMap("x", "1"));
    api.put(Resources.CONFIG_MAPS, configMap("y", "1"));
    api.put(Resources.CONFIG_MAPS, configMap("y", "2"));
    context.runUntilIdle();
    assertThat(informer.lister().byIndex("value", "1"))
        .extracting(KubeObject::name)
        .containsExactly("x");
    assertThat(informer.lister().byIndex("value", "2"))
        .extracting(KubeObject::name)
        .containsExactly("y");
  }

  /** Whatever happens to watches, history and objects: in the end the lister equals the API. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void convergesUnderFaults(long seed) {
    Random random = new Random(seed);
    Informer informer = started();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < 300; i++) {
      String name = "n" + random.nextInt(20);
      switch (random.nextInt(8)) {
        case 0 -> api.endWatches();
        case 1 -> api.compact();
        case 2 -> context.advance(Duration.ofMillis(random.nextInt(3000)));
        case 3, 4 -> {
          if (names.remove(name)) {
            delete(name);
          }
        }
        default -> {
          names.add(name);
          api.put(Resources.CONFIG_MAPS, configMap(name, Integer.toString(i)));
        }
      }
    }
    context.advance(Duration.ofMinutes(5));
    assertThat(Set.copyOf(informer.lister().list()))
        .as("seed %d", seed)
        .isEqualTo(Set.copyOf(api.all(Resources.CONFIG_MAPS)));
    Set<String> replayed = new HashSet<>();
    for (String event : seen) {
      if (event.startsWith("-")) {
        replayed.remove(event.substring(1));
      } else if (event.startsWith("+")) {
        replayed.add(event.substring(1));
      }
    }
    assertThat(replayed).isEqualTo(names);
  }
}
