package dev.coracle.coredns.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.fuzz.Fuzzer;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.SerialContext;
import dev.coracle.client.fake.FakeClient;
import dev.coracle.coredns.internal.corefile.NameSettings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/**
 * Datagrams from anybody: dropped, or answered by a message that can be written; and whatever an
 * upstream name server answers, it is remembered and given again, or not.
 */
class DnsFuzz {

  private static final Duration WAIT = Duration.ofSeconds(10);

  private final Vertx vertx = Vertx.vertx();
  private final MetricsPlugin metrics = new MetricsPlugin(new SimpleMeterRegistry());
  private InformerFactory informers;
  private PluginChain chain;

  @BeforeEach
  void start() throws UnknownHostException {
    FakeClient client = new FakeClient();
    client.put(
        Resources.NAMESPACES,
        KubeObject.create(new GroupVersionKind("", "v1", "Namespace"), "", "shop", n -> {}));
    client.put(
        Resources.SERVICES,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"shop"},
             "spec":{"clusterIP":"10.96.1.1","ports":[{"name":"http","protocol":"TCP","port":80}]}}\
            """));
    client.put(
        Resources.SERVICES,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Service","metadata":{"name":"round","namespace":"shop"},
             "spec":{"type":"ExternalName","externalName":"round.shop.svc.cluster.local"}}\
            """));
    informers = new InformerFactory(SerialContext.of(vertx), client);
    ServiceDirectory directory = new ServiceDirectory(informers);
    informers.start().await().atMost(WAIT);
    chain =
        PluginChain.of(
            metrics,
            () -> NameSettings.of(List.of()),
            Name.fromConstantString("cluster.local."),
            new KubernetesPlugin(
                Name.fromConstantString("cluster.local."),
                5,
                "10.96.0.10",
                directory,
                new Random(1)),
            new CachePlugin(Clock.systemUTC(), metrics),
            new ForwardPlugin(vertx.getOrCreateContext(), _ -> List.of()));
  }

  @AfterEach
  void stop() throws Exception {
    informers.stop().await().atMost(WAIT);
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  @FuzzTest(maxDuration = "60s")
  void datagrams(byte[] input) {
    query(input);
    answer(input);
  }

  private static Message question(String name, int type) {
    return Message.newQuery(Record.newRecord(Name.fromConstantString(name), type, DClass.IN));
  }

  private static Message answered(String record) throws IOException {
    Message message = question("example.org.", Type.ANY);
    message.getHeader().setFlag(Flags.QR);
    String[] parts = record.split(" ", 2);
    message.addRecord(
        Record.fromString(
            Name.fromConstantString("example.org."),
            Type.value(parts[0]),
            DClass.IN,
            60,
            parts[1],
            Name.root),
        Section.ANSWER);
    return message;
  }

  @Test
  void queries() throws InterruptedException {
    Message edns = question("web.shop.svc.cluster.local.", Type.A);
    edns.addRecord(new OPTRecord(1232, 0, 0, 0x8000), Section.ADDITIONAL);
    new Fuzzer()
        .seed(edns.toWire())
        .seed(question("_http._tcp.web.shop.svc.cluster.local.", Type.SRV).toWire())
        .seed(question("round.shop.svc.cluster.local.", Type.A).toWire())
        .seed(question("10-244-0-9.shop.pod.cluster.local.", Type.AAAA).toWire())
        .seed(question("1.1.96.10.in-addr.arpa.", Type.PTR).toWire())
        .seed(question("example.org.", Type.TXT).toWire())
        .words(
            "\u0004shop", "\u0003svc", "\u0007cluster", "\u0005local", "\0", "\u00c0\f", "\u003f")
        .run(this::query);
    assertThat(serve(question("web.shop.svc.cluster.local.", Type.A)).getRcode())
        .isEqualTo(Rcode.NOERROR);
  }

  @Test
  void answersOfUpstreams() throws Exception {
    Fuzzer fuzzer = new Fuzzer();
    for (String record :
        List.of(
            "A 192.0.2.1",
            "AAAA 2001:db8::1",
            "TXT \"a\" \"b\"",
            "MX 10 mail.example.org.",
            "SRV 0 5 80 web.example.org.",
            "CNAME other.example.org.",
            "NAPTR 1 1 \"u\" \"sip\" \"!^.*$!a!\" .",
            "CAA 0 issue \"a\"",
            "SOA ns.example.org. root.example.org. 1 2 3 4 5",
            "HTTPS 1 . alpn=h2 port=443",
            "LOC 51 0 0 N 0 0 0 W 10m",
            "RRSIG A 8 2 60 20300101000000 20200101000000 1 example.org. AAAA")) {
      fuzzer.seed(answered(record).toWire());
    }
    fuzzer.words("\u00c0\f", "\0", "\u0007example", "\u00ff\u00ff").run(this::answer);
  }

  private Message serve(Message query) {
    return chain.serve(query).await().atMost(WAIT);
  }

  private void query(byte[] input) {
    Message query;
    try {
      query = new Message(input);
    } catch (IOException | RuntimeException e) {
      return; // dropped, as the transports do
    }
    Message answer = serve(query);
    for (int limit : new int[] {512, 65535}) {
      byte[] wire = answer.toWire(limit);
      assertThat(wire.length).isLessThanOrEqualTo(limit);
      try {
        new Message(wire);
      } catch (IOException e) {
        throw new AssertionError("an answer that nobody can read", e);
      }
    }
  }

  /** Twice, so that the second comes out of the cache. */
  private void answer(byte[] input) {
    Message answer;
    try {
      answer = new Message(input);
    } catch (IOException | RuntimeException e) {
      return;
    }
    CachePlugin cache = new CachePlugin(Clock.systemUTC(), metrics);
    Message query = question("example.org.", Type.ANY);
    for (int i = 0; i < 2; i++) {
      Message given =
          new ErrorsPlugin()
              .serve(query, q -> cache.serve(q, _ -> Uni.createFrom().item(answer)))
              .await()
              .atMost(WAIT);
      assertThat(Answers.wire(query, given, 512).length).isLessThanOrEqualTo(512);
    }
  }

  /** It was remembered, and what was made of it could not be written. */
  @Test
  void aRecordWithoutContentIsAskedForAgain() throws IOException {
    Message answer = new Message(Base64.getDecoder().decode("AACoAAAAAAEAAAAAAAAhAOgvAAAAAAA="));
    CachePlugin cache = new CachePlugin(Clock.systemUTC(), metrics);
    int[] asked = {0};
    for (int i = 0; i < 2; i++) {
      Message given =
          cache
              .serve(
                  question("example.org.", Type.SRV),
                  _ -> {
                    asked[0]++;
                    return Uni.createFrom().item(answer);
                  })
              .await()
              .atMost(WAIT);
      assertThat(given.getSection(Section.ANSWER)).hasSize(1).doesNotContainNull();
    }
    assertThat(asked[0]).isEqualTo(2);
  }

  @Test
  void anAnswerThatCannotBeWrittenIsServfail() throws IOException {
    Message answer = question("example.org.", Type.A);
    answer.addRecord(null, Section.ANSWER);
    Message query = question("example.org.", Type.A);
    Message given = new Message(Answers.wire(query, answer, 512));
    assertThat(given.getRcode()).isEqualTo(Rcode.SERVFAIL);
    assertThat(given.getHeader().getID()).isEqualTo(query.getHeader().getID());
  }

  /** One line that named no address, or a word after it, and there was no DNS at all. */
  @Test
  void aNameServerThatIsNoneIsPassedOver() {
    byte[] conf =
        """
        # nameserver 192.0.2.1
        nameserver
        nameserver dns.example.org
        nameservers 192.0.2.2
        nameserver\t192.0.2.3 # ours
        nameserver fe80::1%no-such-device
          nameserver 2001:db8::4
        """
            .getBytes(StandardCharsets.UTF_8);
    assertThat(DnsVerticle.nameservers(conf))
        .extracting(InetAddress::getHostAddress)
        .containsExactly("192.0.2.3", "2001:db8:0:0:0:0:0:4");
  }

  @Test
  void resolvConfs() throws InterruptedException {
    new Fuzzer()
        .seeds("nameserver 192.0.2.1\noptions ndots:5\n", "")
        .words("nameserver ", " ", "\n", "::", "%", ".", "0x", "\0")
        .percent(30)
        .run(conf -> assertThat(DnsVerticle.nameservers(conf)).hasSizeLessThan(4));
  }
}
