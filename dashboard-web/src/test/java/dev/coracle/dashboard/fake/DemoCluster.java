package dev.coracle.dashboard.fake;

import static dev.coracle.dashboard.fake.FakeCluster.JSON;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** A small shop in three nodes: what the pages are looked at with. Seeded, so always the same. */
public final class DemoCluster {
  private static final String LETTERS = "bcdfghjklmnpqrstvwxz2456789";

  private final FakeApiServer server;
  private final FakeCluster cluster;
  private final RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(7);
  private final Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
  private int nextNode;
  private boolean filling;

  public DemoCluster(FakeApiServer server) {
    this.server = server;
    this.cluster = server.cluster;
  }

  /** Fills the cluster. */
  public void fill() {
    filling = true;
    for (String namespace : List.of("default", "kube-system", "monitoring", "shop")) {
      put("v1", "Namespace", "", namespace, 9000, "{'status':{'phase':'Active'}}");
    }
    for (int i = 1; i <= 3; i++) {
      node("node-" + i, i == 3 ? 4 : 8, i == 3 ? 8 : 16);
    }
    deployment("shop", "frontend", 3, 3, "registry.example/shop/frontend:2.14.0", "Running");
    deployment("shop", "cart", 2, 2, "registry.example/shop/cart:1.9.3", "Running");
    deployment(
        "shop", "payments", 2, 1, "registry.example/shop/payments:4.1.0", "CrashLoopBackOff");
    deployment(
        "shop", "search", 2, 1, "registry.example/shop/search:0.8.0-rc1", "ImagePullBackOff");
    deployment("monitoring", "prometheus", 1, 1, "prom/prometheus:v3.5.0", "Running");
    deployment("kube-system", "coredns-lite", 2, 2, "coracle/coredns-lite:0.1.0", "Running");
    set("StatefulSet", "shop", "orders-db", 2, "postgres:17.6");
    set("DaemonSet", "monitoring", "node-exporter", 3, "prom/node-exporter:v1.10.0");
    jobs();
    network();
    configuration();
    storage();
    measure();
    filling = false;
    for (int i = 0; i < 120; i++) {
      server.logs.append(
          "shop/" + firstPod("frontend") + "/frontend",
          now.minusSeconds(240 - i * 2L)
              + (i % 23 == 7 ? " WARN  " : i % 41 == 11 ? " ERROR " : " INFO  ")
              + List.of(
                      "GET /cart 200 in 12 ms",
                      "GET /product/4711 200 in 31 ms",
                      "session renewed for visitor 88213",
                      "upstream payments answered slowly: 1240 ms",
                      "POST /checkout 302 in 58 ms")
                  .get(i % 5));
    }
  }

  public String firstPod(String app) {
    return cluster
        .list(FakeKind.of("v1", "Pod"), o -> o.at("/metadata/labels/app").asText().equals(app))
        .getFirst()
        .at("/metadata/name")
        .asText();
  }

  /** New usage numbers, a little off the last ones. */
  public void measure() {
    ObjectNode nodes = JSON.createObjectNode();
    ArrayNode items = nodes.putArray("items");
    for (int i = 1; i <= 3; i++) {
      ObjectNode item = items.addObject();
      item.putObject("metadata").put("name", "node-" + i);
      item.putObject("usage")
          .put("cpu", (900 + i * 700 + random.nextInt(500)) + "m")
          .put("memory", (3100 + i * 900 + random.nextInt(300)) + "Mi");
    }
    ObjectNode pods = JSON.createObjectNode();
    ArrayNode measured = pods.putArray("items");
    for (ObjectNode pod : cluster.list(FakeKind.of("v1", "Pod"), o -> true)) {
      ObjectNode item = measured.addObject();
      item.putObject("metadata")
          .put("namespace", pod.at("/metadata/namespace").asText())
          .put("name", pod.at("/metadata/name").asText());
      item.putArray("containers")
          .addObject()
          .putObject("usage")
          .put("cpu", (5 + random.nextInt(180)) + "m")
          .put("memory", (40 + random.nextInt(300)) + "Mi");
    }
    server.metrics.put("/apis/metrics.k8s.io/v1beta1/nodes", nodes);
    server.metrics.put("/apis/metrics.k8s.io/v1beta1/pods", pods);
    ObjectNode logs = JSON.createObjectNode();
    logs.put("kind", "LogEntryList").put("apiVersion", "logs.coracle.dev/v1").putArray("items");
    server.metrics.put("/apis/logs.coracle.dev/v1/logentries", logs);
  }

  /** An Event about an object. */
  public void event(
      String kind, ObjectNode object, String type, String reason, String message, String from) {
    ObjectNode event = JSON.createObjectNode().put("apiVersion", "v1").put("kind", "Event");
    event
        .putObject("metadata")
        .put("namespace", object.at("/metadata/namespace").asText("default"))
        .put(
            "name",
            object.at("/metadata/name").asText() + "." + Long.toHexString(random.nextLong()));
    event
        .putObject("involvedObject")
        .put("apiVersion", object.path("apiVersion").asText())
        .put("kind", kind)
        .put("namespace", object.at("/metadata/namespace").asText())
        .put("name", object.at("/metadata/name").asText())
        .put("uid", object.at("/metadata/uid").asText());
    String time =
        Instant.now()
            .minusSeconds(filling ? random.nextInt(3000) : 0)
            .truncatedTo(ChronoUnit.SECONDS)
            .toString();
    event
        .put("type", type)
        .put("reason", reason)
        .put("message", message)
        .put("count", type.equals("Warning") ? 4 : 1)
        .put("firstTimestamp", time)
        .put("lastTimestamp", time)
        .putObject("source")
        .put("component", from);
    cluster.put(event);
  }

  private ObjectNode put(
      String version, String kind, String namespace, String name, int minutes, String rest) {
    ObjectNode object;
    try {
      object = (ObjectNode) JSON.readTree(rest.replace('\'', '"'));
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    object.put("apiVersion", version).put("kind", kind);
    ObjectNode meta = object.withObject("/metadata");
    meta.put("name", name).put("creationTimestamp", now.minusSeconds(minutes * 60L).toString());
    if (!namespace.isEmpty()) {
      meta.put("namespace", namespace);
    }
    return cluster.put(object);
  }

  private void node(String name, int cpu, int memory) {
    String room =
        "{'cpu':'%d','memory':'%dGi','pods':'110','ephemeral-storage':'120Gi'}"
            .formatted(cpu, memory);
    put(
        "v1",
        "Node",
        "",
        name,
        8800,
        """
        {'metadata':{'labels':{'kubernetes.io/hostname':'%s','kubernetes.io/arch':'amd64',
        'node-role.kubernetes.io/worker':''}},'spec':{'podCIDR':'10.42.%d.0/24'},
        'status':{'capacity':%s,'allocatable':%s,'addresses':[{'type':'InternalIP',
        'address':'192.168.7.1%s'},{'type':'Hostname','address':'%s'}],
        'nodeInfo':{'kubeletVersion':'v1.36.0','containerRuntimeVersion':'containerd://1.6.20',
        'osImage':'Debian GNU/Linux 12','kernelVersion':'6.18.2','architecture':'amd64'},
        'conditions':[%s,%s,%s]}}\
        """
            .formatted(
                name,
                name.charAt(5) - '0',
                room,
                room,
                name.charAt(5),
                name,
                condition("Ready", "True", "KubeletReady", 8790),
                condition("MemoryPressure", "False", "KubeletHasSufficientMemory", 8790),
                condition("DiskPressure", "False", "KubeletHasNoDiskPressure", 8790)));
  }

  private String condition(String type, String status, String reason, int minutes) {
    return "{'type':'%s','status':'%s','reason':'%s','lastTransitionTime':'%s'}"
        .formatted(type, status, reason, now.minusSeconds(minutes * 60L));
  }

  private void deployment(
      String namespace, String name, int replicas, int ready, String image, String trouble) {
    String template =
        """
        {'metadata':{'labels':{'app':'%s','pod-template-hash':'%s'}},'spec':{'containers':[{'name':'%s',
        'image':'%s','resources':{'requests':{'cpu':'200m','memory':'256Mi'}}}]}}\
        """
            .formatted(name, "%s", name, "%s");
    ObjectNode deployment =
        put(
            "apps/v1",
            "Deployment",
            namespace,
            name,
            4000,
            """
            {'metadata':{'generation':2,'labels':{'app':'%s'},
            'annotations':{'deployment.kubernetes.io/revision':'2'}},'spec':{'replicas':%d,
            'selector':{'matchLabels':{'app':'%s'}},'strategy':{'type':'RollingUpdate'},'template':%s},
            'status':{'observedGeneration':2,'replicas':%d,'readyReplicas':%d,'updatedReplicas':%d,
            'availableReplicas':%d,'conditions':[%s,%s]}}\
            """
                .formatted(
                    name,
                    replicas,
                    name,
                    template.formatted("x", image),
                    replicas,
                    ready,
                    replicas,
                    ready,
                    condition(
                        "Available", ready > 0 ? "True" : "False", "MinimumReplicasAvailable", 30),
                    condition("Progressing", "True", "NewReplicaSetAvailable", 30)));
    for (int revision = 1; revision <= 2; revision++) {
      String hash = word(9);
      ObjectNode replicaSet =
          put(
              "apps/v1",
              "ReplicaSet",
              namespace,
              name + "-" + hash,
              revision == 1 ? 4000 : 1500,
              """
              {'metadata':{'generation':1,'ownerReferences':[%s],
              'annotations':{'deployment.kubernetes.io/revision':'%d'},'labels':{'app':'%s'}},
              'spec':{'replicas':%d,'selector':{'matchLabels':{'app':'%s','pod-template-hash':'%s'}},
              'template':%s},'status':{'observedGeneration':1,'replicas':%d,'readyReplicas':%d}}\
              """
                  .formatted(
                      owner(deployment),
                      revision,
                      name,
                      revision == 1 ? 0 : replicas,
                      name,
                      hash,
                      template.formatted(hash, revision == 1 ? image + "-old" : image),
                      revision == 1 ? 0 : replicas,
                      revision == 1 ? 0 : ready));
      for (int i = 0; revision == 2 && i < replicas; i++) {
        pod(
            replicaSet,
            name + "-" + hash + "-" + word(5),
            name,
            hash,
            image,
            i < ready ? "Running" : trouble);
      }
    }
  }

  private static String owner(ObjectNode object) {
    return "{'apiVersion':'%s','kind':'%s','name':'%s','uid':'%s','controller':true}"
        .formatted(
            object.path("apiVersion").asText(),
            object.path("kind").asText(),
            object.at("/metadata/name").asText(),
            object.at("/metadata/uid").asText());
  }

  private void pod(
      ObjectNode owner, String name, String app, String hash, String image, String state) {
    int age = 40 + random.nextInt(1200);
    String node = "node-" + (nextNode++ % 3 + 1);
    boolean ready = state.equals("Running");
    String since = now.minusSeconds(age * 60L - 3).toString();
    String status =
        switch (state) {
          case "Running" -> "'state':{'running':{'startedAt':'%s'}}".formatted(since);
          case "CrashLoopBackOff" ->
              """
              'state':{'waiting':{'reason':'CrashLoopBackOff','message':'back-off 40s restarting failed container'}},
              'lastState':{'terminated':{'exitCode':1,'reason':'Error','finishedAt':'%s'}}\
              """
                  .formatted(now.minusSeconds(33));
          case "Completed" ->
              "'state':{'terminated':{'exitCode':0,'reason':'Completed','startedAt':'%s','finishedAt':'%s'}}"
                  .formatted(since, now.minusSeconds(age * 30L));
          default ->
              """
              'state':{'waiting':{'reason':'ImagePullBackOff','message':'Back-off pulling image "%s"'}}\
              """
                  .formatted(image)
                  .replace("\"" + image + "\"", image);
        };
    ObjectNode pod =
        put(
            "v1",
            "Pod",
            owner.at("/metadata/namespace").asText(),
            name,
            age,
            """
            {'metadata':{'labels':{'app':'%s','pod-template-hash':'%s'},'ownerReferences':[%s]},
            'spec':{'nodeName':'%s','serviceAccountName':'default','restartPolicy':'Always',
            'containers':[{'name':'%s','image':'%s','ports':[{'containerPort':8080}],
            'resources':{'requests':{'cpu':'200m','memory':'256Mi'},'limits':{'memory':'512Mi'}},
            'readinessProbe':{'httpGet':{'path':'/ready','port':8080}}}],
            'volumes':[{'name':'kube-api-access','projected':{}}]},
            'status':{'phase':'%s','podIP':'10.42.%s.%d','hostIP':'192.168.7.1%s','qosClass':'Burstable',
            'startTime':'%s','conditions':[%s,%s,%s,%s,%s],
            'containerStatuses':[{'name':'%s','ready':%s,'restartCount':%d,'image':'%s',
            'containerID':'containerd://%s',%s}]}}\
            """
                .formatted(
                    app,
                    hash,
                    owner(owner),
                    node,
                    app,
                    image,
                    state.equals("Completed")
                        ? "Succeeded"
                        : ready || state.startsWith("Crash") ? "Running" : "Pending",
                    node.substring(5),
                    10 + random.nextInt(200),
                    node.substring(5),
                    since,
                    condition("PodScheduled", "True", "", age),
                    condition("Initialized", "True", "", age),
                    condition("PodReadyToStartContainers", "True", "", age),
                    condition(
                        "ContainersReady",
                        ready ? "True" : "False",
                        ready ? "" : "ContainersNotReady",
                        age),
                    condition(
                        "Ready", ready ? "True" : "False", ready ? "" : "ContainersNotReady", age),
                    app,
                    ready,
                    state.startsWith("Crash") ? 7 : 0,
                    image,
                    word(12),
                    status));
    if (state.startsWith("Crash")) {
      event(
          "Pod",
          pod,
          "Warning",
          "BackOff",
          "Back-off restarting failed container " + app,
          "kubelet");
    } else if (state.startsWith("Image")) {
      event(
          "Pod",
          pod,
          "Warning",
          "Failed",
          "Failed to pull image " + image + ": not found",
          "kubelet");
    } else {
      event("Pod", pod, "Normal", "Scheduled", "Successfully assigned to " + node, "scheduler");
      event(
          "Pod",
          pod,
          "Normal",
          "Pulled",
          "Container image " + image + " already present",
          "kubelet");
      event("Pod", pod, "Normal", "Started", "Container started", "kubelet");
    }
  }

  private void set(String kind, String namespace, String name, int replicas, String image) {
    ObjectNode set =
        put(
            "apps/v1",
            kind,
            namespace,
            name,
            5000,
            """
            {'metadata':{'generation':1,'labels':{'app':'%s'}},'spec':{'replicas':%d,
            'selector':{'matchLabels':{'app':'%s'}},'template':{'metadata':{'labels':{'app':'%s'}},
            'spec':{'containers':[{'name':'%s','image':'%s'}]}}},'status':{'observedGeneration':1,
            'replicas':%d,'readyReplicas':%d,'numberReady':%d,'desiredNumberScheduled':%d,'numberAvailable':%d}}\
            """
                .formatted(
                    name, replicas, name, name, name, image, replicas, replicas, replicas, replicas,
                    replicas));
    for (int i = 0; i < replicas; i++) {
      pod(set, name + "-" + (kind.equals("DaemonSet") ? word(5) : i), name, "h", image, "Running");
    }
  }

  private void jobs() {
    ObjectNode job =
        put(
            "batch/v1",
            "Job",
            "shop",
            "import-prices",
            300,
            """
            {'spec':{'completions':1,'selector':{'matchLabels':{'app':'import-prices'}},'template':{'spec':{
            'containers':[{'name':'import','image':'registry.example/shop/import:3'}]}}},
            'status':{'succeeded':1,'conditions':[%s]}}\
            """
                .formatted(condition("Complete", "True", "", 290)));
    pod(
        job,
        "import-prices-" + word(5),
        "import-prices",
        "h",
        "registry.example/shop/import:3",
        "Completed");
    put(
        "batch/v1",
        "CronJob",
        "shop",
        "nightly-report",
        6000,
        """
        {'spec':{'schedule':'15 2 * * *','jobTemplate':{'spec':{'template':{'spec':{'containers':[
        {'name':'report','image':'registry.example/shop/report:7'}]}}}}},
        'status':{'lastScheduleTime':'%s'}}\
        """
            .formatted(now.minusSeconds(40000)));
  }

  private void network() {
    for (String app : List.of("frontend", "cart", "payments")) {
      put(
          "v1",
          "Service",
          "shop",
          app,
          4000,
          """
          {'spec':{'type':'%s','clusterIP':'10.96.14.%d','selector':{'app':'%s'},'ports':[{'name':'http',
          'port':80,'targetPort':8080,'protocol':'TCP'%s}]}}\
          """
              .formatted(
                  app.equals("frontend") ? "NodePort" : "ClusterIP",
                  random.nextInt(250),
                  app,
                  app.equals("frontend") ? ",'nodePort':30080" : ""));
      put(
          "discovery.k8s.io/v1",
          "EndpointSlice",
          "shop",
          app + "-" + word(5),
          4000,
          """
          {'metadata':{'labels':{'kubernetes.io/service-name':'%s'}},'addressType':'IPv4','ports':[{'port':8080}],
          'endpoints':[{'addresses':['10.42.1.9'],'conditions':{'ready':true}},
          {'addresses':['10.42.2.31'],'conditions':{'ready':%s}}]}\
          """
              .formatted(app, !app.equals("payments")));
    }
    put(
        "networking.k8s.io/v1",
        "Ingress",
        "shop",
        "shop",
        4000,
        """
        {'spec':{'ingressClassName':'coracle','rules':[{'host':'shop.example'}],'tls':[{'secretName':'shop-tls'}]},
        'status':{'loadBalancer':{'ingress':[{'ip':'192.168.7.11'}]}}}\
        """);
  }

  private void configuration() {
    put(
        "v1",
        "ConfigMap",
        "shop",
        "frontend",
        4000,
        "{'data':{'application.properties':'cache.size=400\\nlocale=en','banner':'Free shipping'}}");
    put(
        "v1",
        "Secret",
        "shop",
        "shop-tls",
        4000,
        "{'type':'kubernetes.io/tls','data':{'tls.crt':'Y2VydA==','tls.key':'c2VjcmV0LWtleQ=='}}");
    put(
        "v1",
        "Secret",
        "shop",
        "payments-api",
        4000,
        "{'type':'Opaque','data':{'token':'aHVudGVyMg=='}}");
    put("example.dev/v1", "Boat", "shop", "coracle", 90, "{'spec':{'colour':'teal'}}");
  }

  private void storage() {
    put(
        "storage.k8s.io/v1",
        "StorageClass",
        "",
        "local-path",
        9000,
        """
        {'metadata':{'annotations':{'storageclass.kubernetes.io/is-default-class':'true'}},
        'provisioner':'coracle.dev/local-path','reclaimPolicy':'Delete','volumeBindingMode':'WaitForFirstConsumer'}\
        """);
    for (int i = 0; i < 2; i++) {
      put(
          "v1",
          "PersistentVolume",
          "",
          "pvc-" + word(8),
          5000,
          """
          {'spec':{'capacity':{'storage':'20Gi'},'storageClassName':'local-path','persistentVolumeReclaimPolicy':'Delete',
          'claimRef':{'namespace':'shop','name':'data-orders-db-%d'}},'status':{'phase':'Bound'}}\
          """
              .formatted(i));
      put(
          "v1",
          "PersistentVolumeClaim",
          "shop",
          "data-orders-db-" + i,
          5000,
          """
          {'spec':{'accessModes':['ReadWriteOnce'],'storageClassName':'local-path','volumeName':'pvc-x'},
          'status':{'phase':'Bound','capacity':{'storage':'20Gi'},'accessModes':['ReadWriteOnce']}}\
          """);
    }
  }

  private String word(int length) {
    StringBuilder word = new StringBuilder();
    for (int i = 0; i < length; i++) {
      word.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    }
    return word.toString();
  }
}
