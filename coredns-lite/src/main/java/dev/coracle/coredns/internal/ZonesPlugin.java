package dev.coracle.coredns.internal;

import dev.coracle.coredns.internal.corefile.NameSettings;
import dev.coracle.coredns.internal.corefile.NameSettings.Hosts;
import dev.coracle.coredns.internal.corefile.NameSettings.Zone;
import dev.coracle.coredns.spi.DnsPlugin;
import io.smallrye.mutiny.Uni;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.PTRRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.ReverseMap;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/**
 * Sends names of zones that users have set up past the cluster's own, and answers those that they
 * have given addresses (the server blocks and {@code hosts} of the Corefile).
 */
final class ZonesPlugin implements DnsPlugin {

  private final Supplier<NameSettings> settings;
  private final Name clusterZone;
  private final Next upstream;

  /**
   * @param upstream the rest of the chain behind what knows the cluster
   */
  ZonesPlugin(Supplier<NameSettings> settings, Name clusterZone, Next upstream) {
    this.settings = settings;
    this.clusterZone = clusterZone;
    this.upstream = upstream;
  }

  @Override
  public String name() {
    return "zones";
  }

  @Override
  public Uni<Message> serve(Message query, Next next) {
    Record question = query.getQuestion();
    Name name = question.getName();
    Zone zone = settings.get().zoneOf(name);
    Hosts hosts = zone.hosts();
    List<Record> records = records(hosts, question);
    if (!records.isEmpty() || isKnown(hosts, name)) {
      Message answer = Answers.authoritative(query, Rcode.NOERROR);
      records.forEach(record -> answer.addRecord(record, Section.ANSWER));
      return Uni.createFrom().item(answer);
    }
    if (!hosts.fallthrough()) {
      // A list of hosts has no SOA for a proper "no such name": as CoreDNS answers.
      return Uni.createFrom().item(Answers.empty(query, Rcode.SERVFAIL));
    }
    boolean isClusters =
        name.subdomain(clusterZone) && clusterZone.labels() >= zone.name().labels();
    return zone.isRoot() || isClusters ? next.serve(query) : upstream.serve(query);
  }

  private static boolean isKnown(Hosts hosts, Name name) {
    return hosts.addresses().containsKey(name);
  }

  private static List<Record> records(Hosts hosts, Record question) {
    Name name = question.getName();
    int type = question.getType();
    List<Record> out = new ArrayList<>();
    for (InetAddress address : hosts.addresses().getOrDefault(name, List.of())) {
      boolean isV4 = address instanceof Inet4Address;
      if (isV4 && (type == Type.A || type == Type.ANY)) {
        out.add(new ARecord(name, DClass.IN, hosts.ttl(), address));
      } else if (!isV4 && (type == Type.AAAA || type == Type.ANY)) {
        out.add(new AAAARecord(name, DClass.IN, hosts.ttl(), address));
      }
    }
    if (type == Type.PTR && hosts.reverse()) {
      InetAddress address = reversed(name);
      for (Map.Entry<Name, List<InetAddress>> host : hosts.addresses().entrySet()) {
        if (address != null && host.getValue().contains(address)) {
          out.add(new PTRRecord(name, DClass.IN, hosts.ttl(), host.getKey()));
        }
      }
    }
    return out;
  }

  private static @Nullable InetAddress reversed(Name name) {
    try {
      return ReverseMap.fromName(name);
    } catch (UnknownHostException e) {
      return null;
    }
  }
}
