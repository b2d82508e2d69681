package dev.coracle.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.client.fake.FakeClient;
import dev.coracle.client.net.KubeletAnswerException;
import dev.coracle.logs.internal.store.LogStore;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One search over the stores of several nodes, each asked as its kubelet answers. */
class ClusterLogSearchTest {

  private static final Duration SOON = Duration.ofSeconds(30);
  private static final LogStream CART =
      new LogStream("shop", "cart", "u1", "web", "any", Map.of("app", "cart"));

  @TempDir private Path directory;

  private final FakeClient client = new FakeClient();
  private final Map<String, LogStore> stores = new TreeMap<>();
  private final Map<String, Throwable> troubles = new HashMap<>();
  private final List<String> warnings = Collections.synchronizedList(new ArrayList<>());
  private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
  private ClusterLogSearch search;

  @BeforeEach
  void threeNodes() throws IOException {
    for (String name : List.of("n1", "n2", "n3.example")) {
      node(name, 10250, "True");
      stores.put(name, new LogStore(directory.resolve(name), 1 << 20, 1 << 12));
    }
    search =
        new ClusterLogSearch(
            client, this::read, "n1", () -> Optional.of(of("n1")), Clock.systemUTC());
  }

  @AfterEach
  void close() throws IOException {
    for (LogStore store : stores.values()) {
      store.close();
    }
  }

  private void node(String name, int port, String ready) {
    client.put(
        Resources.NODES,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Node","metadata":{"name":"%s"},"status":{
             "conditions":[{"type":"Ready","status":"%s"}],
             "daemonEndpoints":{"kubeletEndpoint":{"Port":%d}}}}\
            """
                .formatted(name, ready, port)));
  }

  private LogSearch of(String node) {
    return new LogSearch(stores.get(node), node, Clock.systemUTC(), Runnable::run);
  }

  /** As a kubelet: from a query to a text. */
  private Uni<String> read(KubeObject node, String uri, int mostBytes, Duration patience) {
    asked.add(node.name());
    if (troubles.containsKey(node.name())) {
      return Uni.createFrom().failure(troubles.get(node.name()));
    }
    if (!stores.containsKey(node.name())) {
      return Uni.createFrom().nothing();
    }
    Map<String, String> query = new HashMap<>();
    for (String pair : URI.create(uri).getRawQuery().split("&")) {
      String[] parts = pair.split("=", 2);
      query.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
    }
    return of(node.name()).answer(name -> query.getOrDefault(name, "")).map(Object::toString);
  }

  private void say(String node, int second, String message) throws IOException {
    LogStore store = stores.get(node);
    store.add(
        new LogEntry(
            CART,
            "2030-01-01T%02d:%02d:%02d.000000000Z"
                .formatted(second / 3600, second / 60 % 60, second % 60),
            "stdout",
            message));
    store.flush();
  }

  private KubeList list(ListOptions options) {
    return search.list("shop", options, warnings::add).await().atMost(SOON);
  }

  private static List<String> messages(KubeList list) {
    return list.items().stream().map(e -> e.text("message")).toList();
  }

  @Test
  void entriesOfAllNodesAreMergedByTime() throws IOException {
    say("n1", 1, "first");
    say("n2", 2, "second");
    say("n3.example", 3, "third");
    say("n1", 4, "fourth");
    assertThat(messages(list(ListOptions.ALL)))
        .containsExactly("first", "second", "third", "fourth");
    assertThat(
            messages(
                list(
                    ListOptions.ALL
                        .withFields(FieldSelector.parse("message=ir,since=2030-01-01T00:00:01Z"))
                        .withLabels(LabelSelector.parse("app in (cart,other),!gone")))))
        .containsExactly("third");
    assertThat(warnings).isEmpty();
  }

  @Test
  void anEntryIsFoundByItsNameOnItsNode() throws IOException {
    say("n3.example", 3, "third");
    KubeObject entry = list(ListOptions.ALL).items().getFirst();
    assertThat(entry.name()).endsWith(".n3.example");
    assertThat(search.get("shop", entry.name()).await().atMost(SOON)).isEqualTo(entry);
    for (String name : List.of("l1-0.n1", "l1-ffff.n3.example", "l1-0.nobody", "l1-0", "x")) {
      assertThatThrownBy(() -> search.get("shop", name).await().atMost(SOON))
          .as(name)
          .satisfies(e -> assertThat(StatusException.isNotFound(e)).isTrue());
    }
    assertThatThrownBy(() -> search.get("other", entry.name()).await().atMost(SOON))
        .satisfies(e -> assertThat(StatusException.isNotFound(e)).isTrue());
  }

  @Test
  void nodesThatDoNotAnswerAreNamedAndTheOthersAnswer() throws IOException {
    say("n1", 1, "first");
    say("n2", 2, "second");
    troubles.put("n3.example", new IOException("Connection refused"));
    node("lost", 10250, "Unknown");
    node("silent", 10250, "True");
    node("quiet", 10250, "True");
    assertThat(messages(list(ListOptions.ALL))).containsExactly("first", "second");
    assertThat(warnings)
        .containsExactlyInAnyOrder(
            "the logs of node n3.example are missing: Connection refused",
            "the logs of node lost are missing: the node is not heard of",
            "the logs of nodes quiet, silent are missing: no answer within 5 s");
    assertThat(asked).doesNotContain("lost");
  }

  @Test
  void aNodeThatKeepsNoLogsIsNotMissingAndASimulatedOneIsNotAsked() throws IOException {
    say("n2", 2, "second");
    troubles.put("n3.example", new KubeletAnswerException(404));
    node("simulated", 0, "True");
    assertThat(messages(list(ListOptions.ALL))).containsExactly("second");
    assertThat(warnings).isEmpty();
    assertThat(asked).containsExactlyInAnyOrder("n2", "n3.example");
    assertThatThrownBy(() -> search.get("shop", "l1-0.n3.example").await().atMost(SOON))
        .satisfies(e -> assertThat(StatusException.isNotFound(e)).isTrue());
  }

  @Test
  void entriesOfAnotherNodeAreNotTakenFromAKubelet() throws IOException {
    say("n2", 2, "second");
    ClusterLogSearch lied =
        new ClusterLogSearch(
            client,
            (node, uri, most, patience) ->
                read(client.peek(Resources.NODES, "", "n2"), uri, most, patience),
            "none",
            Optional::empty,
            Clock.systemUTC());
    KubeList list = lied.list("shop", ListOptions.ALL, warnings::add).await().atMost(SOON);
    assertThat(messages(list)).containsExactly("second");
    assertThat(warnings)
        .containsExactly(
            "the logs of nodes n1, n3.example are missing: it told entries of another node");
  }

  @Test
  void aWrongQuestionAsksNobody() {
    assertThatThrownBy(() -> list(ListOptions.ALL.withFields(FieldSelector.parse("colour=red"))))
        .hasMessageContaining("field label not supported: colour");
    assertThatThrownBy(() -> list(ListOptions.ALL.withLimit(5, "l1-2")))
        .hasMessageContaining("continue key is not valid");
    assertThat(asked).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void pagesLeaveNothingOutAndTellNothingTwice(long seed) throws IOException {
    Random random = new Random(seed);
    List<String> nodes = List.copyOf(stores.keySet());
    Map<String, Integer> times = new TreeMap<>();
    for (int i = 0; i < 400; i++) {
      int time = Math.max(0, i + random.nextInt(9) - 4); // Collected somewhat out of order.
      String message = "line " + i;
      times.put(message, time);
      say(nodes.get(random.nextInt(random.nextInt(3) + 1)), time, message);
    }
    List<String> all = new ArrayList<>();
    String next = "";
    do {
      int limit = 1 + random.nextInt(60);
      KubeList page = list(ListOptions.ALL.withLimit(limit, next));
      assertThat(page.items()).hasSizeLessThanOrEqualTo(limit);
      all.addAll(0, messages(page));
      next = page.continueToken();
      // What comes between two pages belongs to neither.
      say(nodes.get(random.nextInt(3)), 5000, "later");
    } while (!next.isEmpty());
    assertThat(all).doesNotContain("later");
    assertThat(all).containsExactlyInAnyOrderElementsOf(times.keySet());
    List<Integer> inOrder = all.stream().map(times::get).toList();
    // As far out of order as they were collected, and no further.
    int newest = 0;
    for (int time : inOrder) {
      assertThat(time).isGreaterThan(newest - 9);
      newest = Math.max(newest, time);
    }
    assertThat(warnings).isEmpty();
  }
}
