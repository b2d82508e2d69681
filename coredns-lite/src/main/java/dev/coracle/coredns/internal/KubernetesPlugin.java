package dev.coracle.coredns.internal;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.net.Cidr;
import dev.coracle.coredns.internal.ServiceDirectory.Endpoint;
import dev.coracle.coredns.spi.DnsPlugin;
import io.smallrye.mutiny.Uni;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.Address;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.NSRecord;
import org.xbill.DNS.Name;
import org.xbill.DNS.PTRRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.ReverseMap;
import org.xbill.DNS.SRVRecord;
import org.xbill.DNS.Section;
import org.xbill.DNS.TXTRecord;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/**
 * Answers the cluster's zone and the reverse names of its addresses, as the Kubernetes DNS-Based
 * Service Discovery specification (version 1.1.0) says: Services, endpoints of headless Services,
 * SRV of named ports, {@code a-b-c-d.ns.pod}, ExternalName by CNAME. Names that are not there are
 * NXDOMAIN with the zone's SOA; names without records of the asked type answer empty.
 */
final class KubernetesPlugin implements DnsPlugin {

  /** As many ExternalNames may lead to one another. */
  private static final int MOST_ALIASES = 7;

  private final Name zone;
  private final int ttl;
  private final String ownAddress;
  private final ServiceDirectory directory;
  private final Random random;

  /**
   * @param ownAddress the kube-dns Service's, for {@code ns.dns}; empty for none
   * @param random for the order of a headless Service's addresses
   */
  KubernetesPlugin(
      Name zone, int ttl, String ownAddress, ServiceDirectory directory, Random random) {
    this.zone = zone;
    this.ttl = ttl;
    this.ownAddress = ownAddress;
    this.directory = directory;
    this.random = random;
  }

  @Override
  public String name() {
    return "kubernetes";
  }

  @Override
  public Uni<Message> serve(Message query, Next next) {
    return serve(query, next, 0);
  }

  /**
   * @param aliases how many stand before the name that is asked for
   */
  private Uni<Message> serve(Message query, Next next, int aliases) {
    Record question = query.getQuestion();
    Name name = question.getName();
    if (question.getDClass() != DClass.IN && question.getDClass() != DClass.ANY) {
      return next.serve(query);
    }
    if (name.subdomain(zone)) {
      return inZone(query, question, next, aliases);
    }
    InetAddress reversed = reverse(name);
    if (reversed != null && question.getType() == Type.PTR) {
      List<Record> pointers = pointers(name, Cidr.canonical(reversed.getHostAddress()));
      if (!pointers.isEmpty()) {
        return Uni.createFrom().item(answer(query, pointers, List.of()));
      }
    }
    return next.serve(query);
  }

  private Uni<Message> inZone(Message query, Record question, Next next, int aliases) {
    Name name = question.getName();
    int type = question.getType();
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < name.labels() - zone.labels(); i++) {
      labels.add(name.getLabelString(i).toLowerCase(Locale.ROOT));
    }
    Optional<KubeObject> external = externalName(labels);
    if (external.isPresent()) {
      return alias(query, external.get(), next, aliases);
    }
    Found found = find(name, labels, type);
    return Uni.createFrom()
        .item(
            found.exists()
                ? answer(query, found.records(), found.additional())
                : negative(query, Rcode.NXDOMAIN));
  }

  /** What a name has: whether it exists at all, and its records of the asked type. */
  private record Found(boolean exists, List<Record> records, List<Record> additional) {
    static final Found NOTHING = new Found(false, List.of(), List.of());
    static final Found EMPTY = new Found(true, List.of(), List.of());

    static Found of(List<Record> records) {
      return new Found(true, records, List.of());
    }
  }

  private Found find(Name name, List<String> labels, int type) {
    int n = labels.size();
    if (n == 0) {
      return apex(name, type);
    }
    if (n == 1 && labels.getFirst().equals("dns-version")) {
      return type == Type.TXT
          ? Found.of(List.of(new TXTRecord(name, DClass.IN, ttl, "1.1.0")))
          : Found.EMPTY;
    }
    if (n == 2 && labels.equals(List.of("ns", "dns"))) {
      return ownAddress.isEmpty()
          ? Found.NOTHING
          : Found.of(addresses(name, type, List.of(ownAddress)));
    }
    return switch (labels.getLast()) {
      case "svc" -> service(name, labels.subList(0, n - 1), type);
      case "pod" -> pod(name, labels.subList(0, n - 1), type);
      default -> Found.NOTHING;
    };
  }

  private Found apex(Name name, int type) {
    return switch (type) {
      case Type.SOA -> Found.of(List.of(soa()));
      case Type.NS ->
          Found.of(List.of(new NSRecord(name, DClass.IN, ttl, Answers.prefixed("ns.dns", zone))));
      default -> Found.EMPTY;
    };
  }

  /**
   * {@code []}, {@code [ns]}, {@code [svc, ns]}, {@code [endpoint, svc, ns]}, {@code [_port,
   * _proto, svc, ns]}.
   */
  private Found service(Name name, List<String> labels, int type) {
    int n = labels.size();
    if (n == 0) {
      return Found.EMPTY;
    }
    String namespace = labels.getLast();
    if (n == 1) {
      return directory.hasNamespace(namespace) ? Found.EMPTY : Found.NOTHING;
    }
    String serviceName = labels.get(n - 2);
    Optional<KubeObject> service = directory.service(namespace, serviceName);
    if (service.isEmpty()) {
      return Found.NOTHING;
    }
    if (n == 4 && labels.get(0).startsWith("_") && labels.get(1).startsWith("_")) {
      return ports(
          name, service.get(), labels.get(0).substring(1), labels.get(1).substring(1), type);
    }
    if (n == 3 && !labels.getFirst().startsWith("_")) {
      return endpoint(name, service.get(), labels.getFirst(), type);
    }
    if (n != 2) {
      return Found.NOTHING;
    }
    if (type == Type.SRV) {
      return ports(name, service.get(), "", "", type);
    }
    if (!isHeadless(service.get())) {
      return Found.of(addresses(name, type, clusterIps(service.get())));
    }
    List<Endpoint> all = directory.endpoints(namespace, serviceName, "");
    if (all.isEmpty()) {
      return Found.NOTHING;
    }
    Set<String> distinct = new LinkedHashSet<>();
    all.forEach(e -> distinct.add(e.address()));
    List<String> shuffled = new ArrayList<>(distinct);
    Collections.shuffle(shuffled, random);
    return Found.of(addresses(name, type, shuffled));
  }

  private Found endpoint(Name name, KubeObject service, String host, int type) {
    if (!isHeadless(service)) {
      return Found.NOTHING;
    }
    List<String> addresses =
        directory.endpoints(service.namespace(), service.name(), "").stream()
            .filter(e -> e.name().equalsIgnoreCase(host))
            .map(Endpoint::address)
            .distinct()
            .toList();
    return addresses.isEmpty() ? Found.NOTHING : Found.of(addresses(name, type, addresses));
  }

  private Found ports(Name name, KubeObject service, String port, String protocol, int type) {
    List<Record> records = new ArrayList<>();
    List<Record> additional = new ArrayList<>();
    Name target = Answers.prefixed(service.name() + "." + service.namespace() + ".svc", zone);
    if (isHeadless(service)) {
      for (Endpoint e : directory.endpoints(service.namespace(), service.name(), "")) {
        Name host = Answers.prefixed(e.name(), target);
        for (JsonNode p : e.ports()) {
          if (matches(p, port, protocol)) {
            records.add(srv(name, p.path("port").asInt(), host));
            additional.addAll(addresses(host, Type.ANY, List.of(e.address())));
          }
        }
      }
    } else {
      for (JsonNode p : service.at("spec", "ports")) {
        if (matches(p, port, protocol)) {
          records.add(srv(name, p.path("port").asInt(), target));
        }
      }
      if (!records.isEmpty()) {
        additional.addAll(addresses(target, Type.ANY, clusterIps(service)));
      }
    }
    if (records.isEmpty()) {
      return port.isEmpty() ? Found.EMPTY : Found.NOTHING;
    }
    return type == Type.SRV || type == Type.ANY
        ? new Found(true, records, additional.stream().distinct().toList())
        : Found.EMPTY;
  }

  private static boolean matches(JsonNode port, String name, String protocol) {
    return name.isEmpty()
        || port.path("name").asText("").equalsIgnoreCase(name)
            && port.path("protocol").asText("TCP").equalsIgnoreCase(protocol);
  }

  private Record srv(Name name, int port, Name target) {
    return new SRVRecord(name, DClass.IN, ttl, 0, 100, port, target);
  }

  /** {@code [1-2-3-4, ns]}: the address is in the name; the namespace has to exist. */
  private Found pod(Name name, List<String> labels, int type) {
    if (labels.isEmpty()) {
      return Found.EMPTY;
    }
    if (!directory.hasNamespace(labels.getLast()) || labels.size() > 2) {
      return Found.NOTHING;
    }
    if (labels.size() == 1) {
      return Found.EMPTY;
    }
    String dashed = labels.getFirst();
    String v4 = dashed.replace('-', '.');
    String address = Address.toByteArray(v4, Address.IPv4) != null ? v4 : dashed.replace('-', ':');
    return Address.toByteArray(address, Address.IPv6) == null
            && Address.toByteArray(address, Address.IPv4) == null
        ? Found.NOTHING
        : Found.of(addresses(name, type, List.of(address)));
  }

  private List<Record> pointers(Name name, String address) {
    Optional<KubeObject> service = directory.serviceByAddress(address);
    if (service.isPresent()) {
      Name target =
          Answers.prefixed(service.get().name() + "." + service.get().namespace() + ".svc", zone);
      return List.of(new PTRRecord(name, DClass.IN, ttl, target));
    }
    List<Record> out = new ArrayList<>();
    for (Endpoint e : directory.endpointsByAddress(address)) {
      Optional<KubeObject> owner = directory.service(e.namespace(), e.service());
      if (owner.filter(KubernetesPlugin::isHeadless).isPresent()) {
        Name target =
            Answers.prefixed(e.name() + "." + e.service() + "." + e.namespace() + ".svc", zone);
        out.add(new PTRRecord(name, DClass.IN, ttl, target));
      }
    }
    return out;
  }

  private Optional<KubeObject> externalName(List<String> labels) {
    if (labels.size() != 3 || !labels.getLast().equals("svc")) {
      return Optional.empty();
    }
    return directory
        .service(labels.get(1), labels.get(0))
        .filter(s -> s.text("spec", "type").equals("ExternalName"));
  }

  /**
   * A CNAME, and what the target answers behind it, which may be an ExternalName again; of a loop
   * the answer ends somewhere.
   */
  private Uni<Message> alias(Message query, KubeObject service, Next next, int aliases) {
    Record question = query.getQuestion();
    Name target;
    try {
      target = Name.fromString(service.text("spec", "externalName") + ".").canonicalize();
    } catch (TextParseException e) {
      return Uni.createFrom().item(negative(query, Rcode.NXDOMAIN));
    }
    Record cname = new CNAMERecord(question.getName(), DClass.IN, ttl, target);
    if (question.getType() == Type.CNAME || target.equals(question.getName())) {
      return Uni.createFrom().item(answer(query, List.of(cname), List.of()));
    }
    Message follow = Message.newQuery(Record.newRecord(target, question.getType(), DClass.IN));
    Uni<Message> behind =
        aliases == MOST_ALIASES
            ? Uni.createFrom().item(Answers.empty(follow, Rcode.NOERROR))
            : serve(follow, next, aliases + 1);
    return behind
        .onFailure()
        .recoverWithItem(() -> Answers.empty(follow, Rcode.NOERROR))
        .map(there -> {
          List<Record> records = new ArrayList<>(List.of(cname));
          records.addAll(there.getSection(Section.ANSWER));
          return answer(query, records, List.of());
        });
  }

  private List<Record> addresses(Name name, int type, List<String> addresses) {
    List<Record> out = new ArrayList<>();
    for (String text : addresses) {
      byte[] v4 = Address.toByteArray(text, Address.IPv4);
      byte[] v6 = v4 == null ? Address.toByteArray(text, Address.IPv6) : null;
      try {
        if (v4 != null && (type == Type.A || type == Type.ANY)) {
          out.add(new ARecord(name, DClass.IN, ttl, InetAddress.getByAddress(v4)));
        } else if (v6 != null && (type == Type.AAAA || type == Type.ANY)) {
          out.add(new AAAARecord(name, DClass.IN, ttl, InetAddress.getByAddress(v6)));
        }
      } catch (UnknownHostException e) {
        throw new IllegalStateException("an address of 4 or 16 bytes was refused", e);
      }
    }
    return out;
  }

  private Message answer(Message query, List<Record> records, List<Record> additional) {
    if (records.isEmpty()) {
      return negative(query, Rcode.NOERROR);
    }
    Message answer = Answers.authoritative(query, Rcode.NOERROR);
    records.forEach(r -> answer.addRecord(r, Section.ANSWER));
    additional.forEach(r -> answer.addRecord(r, Section.ADDITIONAL));
    return answer;
  }

  private Message negative(Message query, int rcode) {
    Message answer = Answers.authoritative(query, rcode);
    answer.addRecord(soa(), Section.AUTHORITY);
    return answer;
  }

  private Record soa() {
    return Answers.soa(zone, ttl, 1);
  }

  private static boolean isHeadless(KubeObject service) {
    return service.text("spec", "clusterIP").equals("None");
  }

  private static List<String> clusterIps(KubeObject service) {
    List<String> out = new ArrayList<>();
    service.at("spec", "clusterIPs").forEach(ip -> out.add(ip.asText()));
    if (out.isEmpty() && !service.text("spec", "clusterIP").isEmpty()) {
      out.add(service.text("spec", "clusterIP"));
    }
    return out;
  }

  private static @org.jspecify.annotations.Nullable InetAddress reverse(Name name) {
    try {
      return ReverseMap.fromName(name);
    } catch (UnknownHostException e) {
      return null;
    }
  }
}
