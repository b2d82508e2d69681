package dev.coracle.watchhub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.watchhub.config.EmbeddedOptions;
import dev.coracle.watchhub.config.HubOptions;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Objects in, objects and events out. */
class WatchHubTest {

  private static final GroupResource PODS = new GroupResource("", "pods");
  private static final GroupResource NODES = new GroupResource("", "nodes");
  private static final GroupVersionKind POD = GroupVersionKind.of("v1", "Pod");
  private static final Duration WAIT = Duration.ofSeconds(10);

  @TempDir Path directory;
  private Vertx vertx;
  private Storage storage;
  private WatchHub hub;
  private SimpleMeterRegistry meters;

  @BeforeEach
  void start() throws Exception {
    vertx = Vertx.vertx();
    open(HubOptions.DEFAULTS);
  }

  private void open(HubOptions options) throws Exception {
    storage =
        new EmbeddedStorage(
            EmbeddedOptions.defaults(directory).withDurable(false), new SimpleMeterRegistry());
    meters = new SimpleMeterRegistry();
    hub = new WatchHub(vertx, storage, options, meters);
    hub.selectableFields(PODS, Set.of("spec.nodeName", "status.phase"));
    hub.start().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private void restart(HubOptions options) throws Exception {
    hub.stop().toCompletableFuture().get(10, TimeUnit.SECONDS);
    open(options);
  }

  @AfterEach
  void stop() throws Exception {
    hub.stop().toCompletableFuture().get(10, TimeUnit.SECONDS);
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private static <T> T await(Uni<T> uni) {
    return uni.await().atMost(WAIT);
  }

  private KubeObject pod(String namespace, String name, String node, String app) {
    return KubeObject.create(
        POD,
        namespace,
        name,
        o -> {
          o.withObject("/metadata").putObject("labels").put("app", app);
          o.putObject("spec").put("nodeName", node);
        });
  }

  private KubeObject create(String namespace, String name, String node, String app) {
    return await(hub.create(PODS, pod(namespace, name, node, app)));
  }

  private KubeObject bind(String namespace, String name, String node) {
    return await(
        hub.update(
            PODS,
            new NamespacedName(namespace, name),
            o -> Uni.createFrom().item(o.with(t -> t.withObject("/spec").put("nodeName", node)))));
  }

  private KubeObject delete(String namespace, String name) {
    return await(
        hub.delete(PODS, new NamespacedName(namespace, name), _ -> Uni.createFrom().voidItem()));
  }

  private KubeList list(String namespace, ListOptions options) {
    return await(hub.list(PODS, namespace, options));
  }

  private static List<String> names(KubeList list) {
    return list.items().stream().map(KubeObject::name).toList();
  }

  private EventRecorder watch(String namespace, WatchOptions options) {
    return new EventRecorder(hub.watch(PODS, namespace, options), Long.MAX_VALUE);
  }

  private static WatchOptions selecting(String rv, LabelSelector labels, FieldSelector fields) {
    return new WatchOptions(labels, fields, rv, "", false, false, 0);
  }

  /** Lists wait until the hub has seen all that was written before. */
  private ResourceStore.Held held() {
    list("", ListOptions.ALL);
    return hub.held(PODS);
  }

  @Test
  void eachResourceTellsWhatItHoldsAndWhatCameOfIt() {
    create("a", "one", "", "x");
    create("a", "two", "", "x");
    delete("a", "one");
    ResourceStore.Held held = held();
    Tags pods = Tags.of("group", "", "resource", "pods");
    assertThat(meters.get("apiserver_resource_objects").tags(pods).gauge().value()).isEqualTo(1);
    assertThat(meters.get("apiserver_storage_objects").tags("resource", "pods").gauge().value())
        .isEqualTo(1);
    assertThat(meters.get("apiserver_resource_size_estimate_bytes").tags(pods).gauge().value())
        .isEqualTo(held.bytes());
    for (String counter :
        List.of("apiserver_storage_events_received", "apiserver_watch_cache_events_received")) {
      assertThat(meters.get(counter).tags(pods).functionCounter().count()).isEqualTo(3);
    }
    assertThat(
            meters
                .get("apiserver_watch_cache_initializations")
                .tags(pods)
                .functionCounter()
                .count())
        .isEqualTo(1);
  }

  @Test
  void watchesAreCountedByWhatTheyWereToldAtFirstAndLater() {
    create("a", "one", "", "x");
    create("a", "two", "", "x");
    EventRecorder told =
        watch(
            "",
            new WatchOptions(
                LabelSelector.EVERYTHING, FieldSelector.EVERYTHING, "", "", true, true, 0));
    told.await(3);
    create("a", "three", "", "x");
    told.await(4);
    Tags pods = Tags.of("group", "", "resource", "pods");
    assertThat(meters.get("apiserver_init_events").tags(pods).functionCounter().count())
        .isEqualTo(2);
    assertThat(
            meters
                .get("apiserver_watch_cache_events_dispatched")
                .tags(pods)
                .functionCounter()
                .count())
        .isEqualTo(1);
  }

  @Test
  void listsTellHowManyObjectsTheyLookedAt() {
    create("a", "one", "n1", "x");
    create("a", "two", "n2", "x");
    create("b", "three", "n1", "x");
    list("", ListOptions.ALL);
    list("a", ListOptions.ALL);
    assertThat(listed("apiserver_cache_list", "index", "")).isEqualTo(2);
    assertThat(listed("apiserver_cache_list_fetched_objects", "index", "")).isEqualTo(6);
    list("", ListOptions.ALL.withFields(FieldSelector.parse("spec.nodeName=n2")));
    assertThat(listed("apiserver_cache_list", "index", "f:spec.nodeName")).isEqualTo(1);
    assertThat(listed("apiserver_cache_list_fetched_objects", "index", "f:spec.nodeName"))
        .isEqualTo(1);
    assertThat(listed("apiserver_cache_list_returned_objects")).isEqualTo(6);
    assertThat(listed("apiserver_watch_cache_consistent_read", "success", "true")).isEqualTo(3);
  }

  private double listed(String name, String... tags) {
    return meters.get(name).tag("resource", "pods").tags(tags).counter().count();
  }

  @Test
  void whatIsHeldIsKnownAfterEveryChangeAndAfterARestart() throws Exception {
    assertThat(hub.held(new GroupResource("nowhere", "things")))
        .isEqualTo(ResourceStore.Held.NOTHING);
    create("ns", "a", "", "x");
    long one = held().bytes();
    assertThat(held().objects()).isEqualTo(1);
    assertThat(one).isBetween(50L, 1000L);
    create("ns", "b", "", "x");
    assertThat(held()).isEqualTo(new ResourceStore.Held(2, 2 * one));
    bind("ns", "a", "node");
    assertThat(held()).isEqualTo(new ResourceStore.Held(2, 2 * one + "node".length()));
    restart(HubOptions.DEFAULTS);
    assertThat(held()).isEqualTo(new ResourceStore.Held(2, 2 * one + "node".length()));
    delete("ns", "a");
    assertThat(held()).isEqualTo(new ResourceStore.Held(1, one));
    delete("ns", "b");
    assertThat(held()).isEqualTo(ResourceStore.Held.NOTHING);
  }

  @Test
  void objectsComeBackWithTheirResourceVersion() {
    KubeObject made = create("default", "a", "n1", "web");
    assertThat(made.resourceVersion()).isNotEmpty();
    assertThat(made.text("spec", "nodeName")).isEqualTo("n1");
    KubeObject got = await(hub.get(PODS, new NamespacedName("default", "a")));
    assertThat(got).isEqualTo(made);
    KeyValue stored = await(storage.get("/registry/pods/default/a", 0)).orElseThrow();
    assertThat(new String(stored.value(), java.nio.charset.StandardCharsets.UTF_8))
        .doesNotContain("resourceVersion");
    KubeObject bound = bind("default", "a", "n2");
    assertThat(Long.parseLong(bound.resourceVersion()))
        .isEqualTo(Long.parseLong(made.resourceVersion()) + 1);
    KubeObject gone = delete("default", "a");
    assertThat(gone.text("spec", "nodeName")).isEqualTo("n2");
    assertThat(Long.parseLong(gone.resourceVersion()))
        .isEqualTo(Long.parseLong(bound.resourceVersion()) + 1);
    assertThatThrownBy(() -> await(hub.get(PODS, new NamespacedName("default", "a"))))
        .matches(StatusException::isNotFound)
        .hasMessage("pods \"a\" not found");
  }

  @Test
  void keysAreWhereKubernetesKeepsThem() {
    await(
        hub.create(NODES, KubeObject.create(GroupVersionKind.of("v1", "Node"), "", "n1", _ -> {})));
    await(
        hub.create(
            new GroupResource("stable.example.com", "crontabs"),
            KubeObject.create(
                GroupVersionKind.of("stable.example.com/v1", "CronTab"), "default", "c", _ -> {})));
    await(
        hub.create(
            new GroupResource("", "services"),
            KubeObject.create(GroupVersionKind.of("v1", "Service"), "default", "s", _ -> {})));
    await(
        hub.create(
            new GroupResource("apps", "deployments"),
            KubeObject.create(
                GroupVersionKind.of("apps/v1", "Deployment"), "default", "d", _ -> {})));
    assertThat(await(storage.list("/registry/", "", 0, 0)).items())
        .extracting(KeyValue::key)
        .containsExactly(
            "/registry/deployments/default/d",
            "/registry/minions/n1",
            "/registry/services/specs/default/s",
            "/registry/stable.example.com/crontabs/default/c");
    assertThat(await(hub.list(NODES, "", ListOptions.ALL)).items()).hasSize(1);
  }

  @Test
  void updatesThatChangeNothingWriteNothing() {
    KubeObject made = create("default", "a", "n1", "web");
    KubeObject same =
        await(
            hub.update(
                PODS,
                new NamespacedName("default", "a"),
                o -> Uni.createFrom().item(o.with(_ -> {}))));
    assertThat(same.resourceVersion()).isEqualTo(made.resourceVersion());
  }

  /** The storage's thread shows changes to all: nobody else's work is done there. */
  @Test
  void changesThatMeetAnotherAreMadeAnewWhereTheirCallerIs() {
    create("ns", "a", "", "x");
    List<String> threads = new ArrayList<>();
    KubeObject updated =
        await(
            hub.update(
                PODS,
                new NamespacedName("ns", "a"),
                o -> {
                  threads.add(Thread.currentThread().getName());
                  if (threads.size() == 1) {
                    bind("ns", "a", "n1");
                  }
                  return Uni.createFrom()
                      .item(o.with(t -> t.withObject("/spec").put("priority", 1)));
                }));
    assertThat(updated.text("spec", "nodeName")).isEqualTo("n1");
    assertThat(updated.at("spec", "priority").asInt()).isEqualTo(1);
    assertThat(threads).hasSize(2).doesNotContain("coracle-store-feed");
    await(
        hub.delete(
            PODS,
            new NamespacedName("ns", "a"),
            _ -> {
              threads.add(Thread.currentThread().getName());
              if (threads.size() == 3) {
                bind("ns", "a", "n2");
              }
              return Uni.createFrom().voidItem();
            }));
    assertThat(threads).hasSize(4).doesNotContain("coracle-store-feed");
  }

  @Test
  void aChangeThatCannotBeTakenInDoesNotStopTheFeed() throws Exception {
    create("ns", "before", "", "x");
    EventRecorder watcher = watch("", WatchOptions.from(Long.toString(hub.revision())));
    AtomicBoolean sound = new AtomicBoolean(true);
    hub.selectableFields(
        PODS,
        Map.of(
            "spec.nodeName",
            o -> {
              if (!sound.get()) {
                throw new IllegalStateException("a bug");
              }
              return o.text("spec", "nodeName");
            }));
    ListOptions onNode = ListOptions.ALL.withFields(FieldSelector.parse("spec.nodeName=n1"));
    assertThat(list("", onNode).items()).isEmpty();
    sound.set(false);
    create("ns", "unlucky", "n1", "x");
    sound.set(true);
    create("ns", "after", "n1", "x");
    assertThat(names(list("", ListOptions.ALL))).containsExactly("after", "before", "unlucky");
    assertThat(names(list("", onNode))).containsExactly("after", "unlucky");
    assertThat(hub.unhealthy()).isEmpty();
    // What it would have been told is not known any more.
    watcher.awaitEnd();
  }

  @Test
  void listsByNamespaceNameFieldAndLabel() {
    create("a", "p1", "n1", "web");
    create("a", "p2", "n2", "db");
    create("b", "p3", "n1", "web");
    create("ab", "p4", "n3", "db");
    assertThat(names(list("", ListOptions.ALL))).containsExactly("p1", "p2", "p4", "p3");
    assertThat(names(list("a", ListOptions.ALL))).containsExactly("p1", "p2");
    assertThat(names(list("", ListOptions.ALL.withFields(FieldSelector.parse("spec.nodeName=n1")))))
        .containsExactly("p1", "p3");
    assertThat(
            names(list("b", ListOptions.ALL.withFields(FieldSelector.parse("spec.nodeName=n1")))))
        .containsExactly("p3");
    assertThat(names(list("", ListOptions.ALL.withFields(FieldSelector.parse("metadata.name=p4")))))
        .containsExactly("p4");
    assertThat(names(list("", ListOptions.ALL.withLabels(LabelSelector.parse("app=db")))))
        .containsExactly("p2", "p4");
    bind("a", "p1", "n9");
    assertThat(names(list("", ListOptions.ALL.withFields(FieldSelector.parse("spec.nodeName=n1")))))
        .containsExactly("p3");
    assertThatThrownBy(
            () -> list("", ListOptions.ALL.withFields(FieldSelector.parse("spec.foo=1"))))
        .isInstanceOfSatisfying(
            StatusException.class, e -> assertThat(e.reason()).isEqualTo(StatusReason.BAD_REQUEST));
  }

  @Test
  void pagesAreOfOneRevision() {
    for (int i = 0; i < 5; i++) {
      create("a", "p" + i, "n1", "web");
    }
    KubeList first = list("", ListOptions.ALL.withLimit(2, ""));
    assertThat(names(first)).containsExactly("p0", "p1");
    assertThat(first.remaining()).isEqualTo(3);
    create("a", "p11", "n1", "web");
    delete("a", "p3");
    KubeList second = list("", ListOptions.ALL.withLimit(2, first.continueToken()));
    assertThat(names(second)).containsExactly("p2", "p3");
    assertThat(second.remaining()).isEqualTo(1);
    assertThat(second.resourceVersion()).isEqualTo(first.resourceVersion());
    KubeList third = list("", ListOptions.ALL.withLimit(2, second.continueToken()));
    assertThat(names(third)).containsExactly("p4");
    assertThat(third.continueToken()).isEmpty();
  }

  @Test
  void pagesThatAreTooOldGoOnInconsistently() throws Exception {
    restart(HubOptions.DEFAULTS.withHistory(4, 1 << 20));
    for (int i = 0; i < 5; i++) {
      create("a", "p" + i, "n1", "web");
    }
    KubeList first = list("", ListOptions.ALL.withLimit(2, ""));
    for (int i = 0; i < 10; i++) {
      bind("a", "p0", "n" + i + 2);
    }
    // The cache has forgotten; the storage has not.
    KubeList second = list("", ListOptions.ALL.withLimit(2, first.continueToken()));
    assertThat(names(second)).containsExactly("p2", "p3");
    assertThat(second.resourceVersion()).isEqualTo(first.resourceVersion());
    await(storage.compact(await(storage.revision())));
    StatusException gone =
        (StatusException)
            org.assertj.core.api.Assertions.catchThrowable(
                () -> list("", ListOptions.ALL.withLimit(2, second.continueToken())));
    assertThat(gone).matches(StatusException::isExpired);
    KubeList rest = list("", ListOptions.ALL.withLimit(0, gone.status().continueToken()));
    assertThat(names(rest)).containsExactly("p4");
  }

  @Test
  void exactAndNotOlderThan() {
    String first = create("a", "p1", "n1", "web").resourceVersion();
    create("a", "p2", "n1", "web");
    ListOptions exact =
        new ListOptions(LabelSelector.EVERYTHING, FieldSelector.EVERYTHING, first, "Exact", 0, "");
    assertThat(names(list("", exact))).containsExactly("p1");
    assertThat(list("", exact).resourceVersion()).isEqualTo(first);
    ListOptions notOlder =
        new ListOptions(LabelSelector.EVERYTHING, FieldSelector.EVERYTHING, first, "", 0, "");
    assertThat(names(list("", notOlder))).containsExactly("p1", "p2");
    ListOptions future =
        new ListOptions(LabelSelector.EVERYTHING, FieldSelector.EVERYTHING, "99999", "", 0, "");
    assertThatThrownBy(() -> list("", future))
        .hasMessageStartingWith("Timeout: Too large resource version");
  }

  @Test
  void placesToListFromThatAreNone() {
    ListOptions noNumber =
        new ListOptions(LabelSelector.EVERYTHING, FieldSelector.EVERYTHING, "a", "", 0, "");
    assertThatThrownBy(() -> list("", noNumber))
        .hasMessage(
            "invalid resource version: resourceVersion: Invalid value: \"a\": strconv.ParseUint:"
                + " parsing \"a\": invalid syntax");
    assertThatThrownBy(() -> list("", ListOptions.ALL.withLimit(0, "abc")))
        .hasMessage(
            "invalid continue token: continue key is not valid: invalid character 'i' looking for"
                + " beginning of value");
  }

  @Test
  void aVersionIsANumberOf64Bits() {
    String large = "18446744073709551616";
    for (String version : List.of(large, "+1")) {
      ListOptions options =
          new ListOptions(LabelSelector.EVERYTHING, FieldSelector.EVERYTHING, version, "", 0, "");
      assertThatThrownBy(() -> list("", options))
          .hasMessageEndingWith(
              version.equals(large) ? ": value out of range" : ": invalid syntax");
    }
  }

  @Test
  void aPageIsOfItsOwnVersionOnly() {
    create("a", "p1", "", "web");
    create("a", "p2", "", "web");
    String token = list("", ListOptions.ALL.withLimit(1, "")).continueToken();
    ListOptions later =
        new ListOptions(LabelSelector.EVERYTHING, FieldSelector.EVERYTHING, "1", "", 1, token);
    assertThatThrownBy(() -> list("", later))
        .hasMessage("specifying resource version is not allowed when using continue");
    ListOptions noNumber =
        new ListOptions(LabelSelector.EVERYTHING, FieldSelector.EVERYTHING, "a", "", 1, token);
    assertThatThrownBy(() -> list("", noNumber))
        .hasMessage("specifying resource version is not allowed when using continue");
    ListOptions any =
        new ListOptions(LabelSelector.EVERYTHING, FieldSelector.EVERYTHING, "0", "", 1, token);
    assertThat(list("", any).items()).hasSize(1);
  }

  @Test
  void watchesTellWhatHappens() {
    String start = list("", ListOptions.ALL).resourceVersion();
    EventRecorder all = watch("", WatchOptions.from(start));
    EventRecorder inA = watch("a", WatchOptions.from(start));
    create("a", "p1", "", "web");
    create("b", "p2", "", "web");
    bind("a", "p1", "n1");
    delete("a", "p1");
    all.await(4);
    assertThat(all.summary()).containsExactly("ADDED p1", "ADDED p2", "MODIFIED p1", "DELETED p1");
    inA.await(3);
    assertThat(inA.summary()).containsExactly("ADDED p1", "MODIFIED p1", "DELETED p1");
    all.assertOrdered();
  }

  @Test
  void selectorsTurnChangesIntoComingsAndGoings() {
    String start = list("", ListOptions.ALL).resourceVersion();
    EventRecorder onN1 =
        watch(
            "",
            selecting(start, LabelSelector.EVERYTHING, FieldSelector.parse("spec.nodeName=n1")));
    EventRecorder single =
        watch(
            "a",
            selecting(start, LabelSelector.EVERYTHING, FieldSelector.parse("metadata.name=p1")));
    EventRecorder web =
        watch("", selecting(start, LabelSelector.parse("app=web"), FieldSelector.EVERYTHING));
    create("a", "p1", "", "web");
    create("a", "p2", "n1", "db");
    bind("a", "p1", "n1");
    KubeObject moved = bind("a", "p1", "n2");
    delete("a", "p2");
    onN1.await(4);
    assertThat(onN1.summary()).containsExactly("ADDED p2", "ADDED p1", "DELETED p1", "DELETED p2");
    assertThat(onN1.objects().get(2).resourceVersion()).isEqualTo(moved.resourceVersion());
    assertThat(onN1.objects().get(2).text("spec", "nodeName")).isEqualTo("n1");
    single.await(3);
    assertThat(single.summary()).containsExactly("ADDED p1", "MODIFIED p1", "MODIFIED p1");
    web.await(3);
    assertThat(web.summary()).containsExactly("ADDED p1", "MODIFIED p1", "MODIFIED p1");
  }

  @Test
  void watchesBeginWithTheState() {
    create("a", "p1", "", "web");
    create("a", "p2", "", "web");
    EventRecorder watch = watch("", WatchOptions.from(""));
    watch.await(2);
    create("a", "p3", "", "web");
    watch.await(3);
    assertThat(watch.summary()).containsExactly("ADDED p1", "ADDED p2", "ADDED p3");
  }

  @Test
  void streamingListsMarkTheirEnd() {
    create("a", "p1", "", "web");
    String now = create("a", "p2", "", "web").resourceVersion();
    EventRecorder watch =
        watch(
            "",
            new WatchOptions(
                LabelSelector.EVERYTHING,
                FieldSelector.EVERYTHING,
                "",
                "NotOlderThan",
                true,
                true,
                0));
    watch.await(3);
    create("a", "p3", "", "web");
    watch.await(4);
    assertThat(watch.summary())
        .containsExactly("ADDED p1", "ADDED p2", "BOOKMARK! " + now, "ADDED p3");
  }

  @Test
  void streamingListsWithoutBookmarksHaveNoMark() {
    create("a", "p1", "", "web");
    EventRecorder watch =
        watch(
            "",
            new WatchOptions(
                LabelSelector.EVERYTHING,
                FieldSelector.EVERYTHING,
                "",
                "NotOlderThan",
                false,
                true,
                0));
    watch.await(1);
    create("a", "p2", "", "web");
    watch.await(2);
    assertThat(watch.summary()).containsExactly("ADDED p1", "ADDED p2");
  }

  @Test
  void manyObjectsAreListedByALabelsIndex() {
    for (int i = 0; i < 600; i++) {
      create(i % 2 == 0 ? "a" : "b", "p" + i, "n" + i % 7, "app" + i % 100);
    }
    ListOptions some = ListOptions.ALL.withLabels(LabelSelector.parse("app=app42"));
    assertThat(names(list("", some)))
        .containsExactly("p142", "p242", "p342", "p42", "p442", "p542");
    assertThat(names(list("b", some))).isEmpty();
    await(hub.delete(PODS, new NamespacedName("a", "p42"), _ -> Uni.createFrom().voidItem()));
    create("b", "late", "n1", "app42");
    assertThat(names(list("", some)))
        .containsExactly("p142", "p242", "p342", "p442", "p542", "late");
    assertThat(names(list("b", some))).containsExactly("late");
    assertThat(names(list("", some.withFields(FieldSelector.parse("spec.nodeName=n" + 142 % 7)))))
        .containsExactly("p142");
    assertThat(names(list("", ListOptions.ALL.withLabels(LabelSelector.parse("app=none")))))
        .isEmpty();
  }

  /** As after a list from another control plane, whose changes have not come here yet. */
  @Test
  void aWatchFromAheadOfTheCacheIsNotToldWhatItKnows() {
    long ahead = Long.parseLong(create("a", "p1", "", "web").resourceVersion()) + 1;
    EventRecorder watch = watch("", WatchOptions.from(Long.toString(ahead)));
    assertThat(create("a", "p2", "", "web").resourceVersion()).isEqualTo(Long.toString(ahead));
    create("a", "p3", "", "web");
    watch.await(1);
    assertThat(watch.summary()).containsExactly("ADDED p3");
  }

  @Test
  void watchesGoOnAfterARestart() throws Exception {
    String start = create("a", "p1", "", "web").resourceVersion();
    create("a", "p2", "", "web");
    bind("a", "p2", "n1");
    restart(HubOptions.DEFAULTS);
    EventRecorder watch = watch("", WatchOptions.from(start));
    watch.await(2);
    assertThat(watch.summary()).containsExactly("ADDED p2", "MODIFIED p2");
  }

  @Test
  void slowWatchersLagAndCatchUp() {
    String start = list("", ListOptions.ALL).resourceVersion();
    EventRecorder slow = new EventRecorder(hub.watch(PODS, "", WatchOptions.from(start)), 1);
    for (int i = 0; i < 50; i++) {
      create("a", "p" + i, "", "web");
    }
    slow.await(1);
    slow.request(9);
    slow.await(10);
    assertThat(slow.summary()).hasSize(10);
    slow.request(1000);
    slow.await(50);
    slow.assertOrdered();
    create("a", "last", "", "web");
    slow.await(51);
  }

  @Test
  void whoFallsOutOfTheHistoryGetsExpired() throws Exception {
    restart(HubOptions.DEFAULTS.withHistory(10, 1 << 20));
    String start = create("a", "p", "", "web").resourceVersion();
    EventRecorder slow = new EventRecorder(hub.watch(PODS, "", WatchOptions.from(start)), 1);
    EventRecorder quick = watch("", WatchOptions.from(start));
    for (int i = 0; i < 40; i++) {
      bind("a", "p", "n" + i);
      // A write is acknowledged before the hub has it.
      quick.await(i + 1);
    }
    slow.await(1);
    slow.request(5);
    slow.await(2);
    assertThat(slow.summary()).last().asString().startsWith("ERROR 410");
    assertThat(slow.completed()).isTrue();
    EventRecorder old = watch("", WatchOptions.from(start));
    old.await(1);
    assertThat(old.summary()).first().asString().startsWith("ERROR 410 too old resource version");
  }

  @Test
  void lostBatchesAreNoticedAndMadeUp() {
    String start = list("", ListOptions.ALL).resourceVersion();
    EventRecorder watch = watch("", WatchOptions.from(start));
    create("a", "p0", "", "web");
    watch.await(1);
    java.util.concurrent.atomic.AtomicInteger seen =
        new java.util.concurrent.atomic.AtomicInteger();
    vertx
        .eventBus()
        .addInboundInterceptor(context -> {
          if (seen.incrementAndGet() % 3 != 0) {
            return; // dropped
          }
          context.next();
        });
    for (int i = 1; i <= 30; i++) {
      create("a", "p" + i, "", "web");
    }
    watch.await(31);
    watch.assertOrdered();
  }

  @Test
  void bookmarksKeepIdleWatchersFresh() throws Exception {
    restart(HubOptions.DEFAULTS.withBookmarkEvery(Duration.ofMillis(50)));
    String start = list("", ListOptions.ALL).resourceVersion();
    EventRecorder watch = watch("", WatchOptions.from(start));
    await(
        hub.create(NODES, KubeObject.create(GroupVersionKind.of("v1", "Node"), "", "n1", _ -> {})));
    watch.awaitMatching("BOOKMARK " + hub.revision());
  }

  @Test
  void watchesEndByTheirTimeout() {
    EventRecorder watch =
        watch(
            "",
            new WatchOptions(
                LabelSelector.EVERYTHING, FieldSelector.EVERYTHING, "0", "", true, false, 1));
    watch.awaitEnd();
    assertThat(watch.summary()).last().asString().startsWith("BOOKMARK");
  }

  @Test
  void objectsEndByTimeToLive() {
    GroupResource events = new GroupResource("", "events");
    hub.timeToLive(events, Duration.ofSeconds(1));
    EventRecorder watch =
        new EventRecorder(hub.watch(events, "", WatchOptions.from("")), Long.MAX_VALUE);
    await(
        hub.create(
            events,
            KubeObject.create(GroupVersionKind.of("v1", "Event"), "default", "e", _ -> {})));
    watch.await(2);
    assertThat(watch.summary()).containsExactly("ADDED e", "DELETED e");
  }
}
