package dev.coracle.coredns.internal;

import dev.coracle.coredns.spi.DnsPlugin;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/**
 * Remembers upstream's answers for their time to live, at most an hour, and that there is none for
 * at most 30 minutes (RFC 2308). Holds at most {@link #CAPACITY} answers and drops the one longest
 * unused. Belongs to the server's event loop.
 */
final class CachePlugin implements DnsPlugin {

  private static final int CAPACITY = 10_000;
  private static final long LONGEST_SECONDS = 3600;
  private static final long LONGEST_NEGATIVE_SECONDS = 1800;

  private record Key(Name name, int type, int dclass, boolean dnssec) {}

  private record Stored(Message answer, long storedAt, long ttl) {}

  private final Clock clock;
  private final MetricsPlugin metrics;
  private final Map<Key, Stored> entries =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Stored> eldest) {
          return size() > CAPACITY;
        }
      };

  CachePlugin(Clock clock, MetricsPlugin metrics) {
    this.clock = clock;
    this.metrics = metrics;
  }

  /** For when others are asked from now on. */
  void clear() {
    entries.clear();
  }

  @Override
  public String name() {
    return "cache";
  }

  @Override
  public Uni<Message> serve(Message query, Next next) {
    Record question = query.getQuestion();
    boolean dnssec = query.getOPT() != null && (query.getOPT().getFlags() & 0x8000) != 0;
    Key key = new Key(question.getName(), question.getType(), question.getDClass(), dnssec);
    long now = clock.instant().getEpochSecond();
    Stored known = entries.get(key);
    if (known != null) {
      long age = now - known.storedAt();
      Message answer = age < known.ttl() ? aged(query, known.answer(), age) : null;
      if (answer != null) {
        metrics.cacheHit();
        return Uni.createFrom().item(answer);
      }
      entries.remove(key);
    }
    metrics.cacheMiss();
    return next.serve(query)
        .invoke(answer -> {
          long ttl = timeToLive(answer);
          if (ttl > 0 && question.getDClass() == DClass.IN) {
            entries.put(key, new Stored(answer, now, ttl));
          }
        });
  }

  /** Null when a record cannot be made again, such as one without content. */
  private static @Nullable Message aged(Message query, Message stored, long age) {
    Message answer = Answers.empty(query, stored.getRcode());
    if (stored.getHeader().getFlag(Flags.AD)) {
      answer.getHeader().setFlag(Flags.AD);
    }
    for (int section : new int[] {Section.ANSWER, Section.AUTHORITY, Section.ADDITIONAL}) {
      for (Record record : stored.getSection(section)) {
        if (record.getType() != Type.OPT) {
          Record copy =
              Record.newRecord(
                  record.getName(),
                  record.getType(),
                  record.getDClass(),
                  Math.max(0, record.getTTL() - age),
                  record.rdataToWireCanonical());
          if (copy == null) {
            return null;
          }
          answer.addRecord(copy, section);
        }
      }
    }
    return answer;
  }

  private static long timeToLive(Message answer) {
    if (answer.getHeader().getFlag(Flags.TC)) {
      return 0;
    }
    boolean negative =
        answer.getRcode() == Rcode.NXDOMAIN
            || answer.getRcode() == Rcode.NOERROR && answer.getSection(Section.ANSWER).isEmpty();
    if (negative) {
      return answer.getSection(Section.AUTHORITY).stream()
          .filter(SOARecord.class::isInstance)
          .mapToLong(r -> Math.min(r.getTTL(), ((SOARecord) r).getMinimum()))
          .map(t -> Math.min(t, LONGEST_NEGATIVE_SECONDS))
          .findFirst()
          .orElse(0);
    }
    if (answer.getRcode() != Rcode.NOERROR) {
      return 0;
    }
    return answer.getSection(Section.ANSWER).stream().mapToLong(Record::getTTL).min().stream()
        .map(t -> Math.min(t, LONGEST_SECONDS))
        .findFirst()
        .orElse(0);
  }
}
