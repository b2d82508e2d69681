package dev.coracle.coredns.internal;

import dev.coracle.coredns.spi.DnsPlugin;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Type;

/**
 * The server's metrics, under CoreDNS's names: {@code coredns_dns_requests_total{type}}, {@code
 * coredns_dns_responses_total{rcode}}, {@code coredns_dns_request_duration_seconds}, {@code
 * coredns_cache_hits_total}, {@code coredns_cache_misses_total}.
 */
public final class MetricsPlugin implements DnsPlugin {

  /** The types counted by name, as CoreDNS counts them, so that nobody can make series at will. */
  private static final Set<Integer> COUNTED =
      Set.of(
          Type.A,
          Type.AAAA,
          Type.MX,
          Type.SOA,
          Type.CNAME,
          Type.PTR,
          Type.TXT,
          Type.NS,
          Type.SRV,
          Type.DS,
          Type.DNSKEY,
          Type.RRSIG,
          Type.NSEC,
          Type.NSEC3,
          Type.ANY,
          Type.HTTPS);

  private final MeterRegistry registry;
  private final Timer duration;
  private final Map<String, Counter> requests = new ConcurrentHashMap<>();
  private final Map<String, Counter> responses = new ConcurrentHashMap<>();
  private final Counter cacheHits;
  private final Counter cacheMisses;

  public MetricsPlugin(MeterRegistry registry) {
    this.registry = registry;
    this.duration =
        Timer.builder("coredns_dns_request_duration_seconds")
            .description("Time from a query's arrival to its answer")
            .serviceLevelObjectives(
                Duration.ofNanos(250_000),
                Duration.ofMillis(1),
                Duration.ofMillis(4),
                Duration.ofMillis(16),
                Duration.ofMillis(64),
                Duration.ofMillis(256),
                Duration.ofSeconds(1),
                Duration.ofSeconds(4))
            .register(registry);
    this.cacheHits =
        Counter.builder("coredns_cache_hits_total")
            .description("Answers given from the cache")
            .register(registry);
    this.cacheMisses =
        Counter.builder("coredns_cache_misses_total")
            .description("Queries for other names that went upstream")
            .register(registry);
  }

  @Override
  public String name() {
    return "prometheus";
  }

  @Override
  public Uni<Message> serve(Message query, Next next) {
    long begin = System.nanoTime();
    Record question = query.getQuestion();
    requests
        .computeIfAbsent(
            question != null && COUNTED.contains(question.getType())
                ? Type.string(question.getType())
                : "other",
            type -> counter("coredns_dns_requests_total", "Queries by type", "type", type))
        .increment();
    return next.serve(query)
        .invoke(answer -> {
          duration.record(Duration.ofNanos(System.nanoTime() - begin));
          responses
              .computeIfAbsent(
                  Rcode.string(answer.getRcode()).toUpperCase(Locale.ROOT),
                  rcode ->
                      counter("coredns_dns_responses_total", "Answers by code", "rcode", rcode))
              .increment();
        });
  }

  void cacheHit() {
    cacheHits.increment();
  }

  void cacheMiss() {
    cacheMisses.increment();
  }

  private Counter counter(String name, String description, String label, String value) {
    return Counter.builder(name).description(description).tag(label, value).register(registry);
  }
}
