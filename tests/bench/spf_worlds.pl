#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# Mail::SPF behind the protocol of tests/spf/worldeval.c: worlds in, verdicts out.
use strict;
use warnings;

package World;    # a resolver that knows one small world
use Net::DNS;

sub new { return bless {sets => {}, names => {}, failing => {}, error => ''}, shift }
sub errorstring { return $_[0]->{error} }

sub add {
    my ($self, $name, $type, $rdata) = @_;
    $name = lc $name;
    $self->{names}{$name} = 1;
    if ($rdata =~ /^!/) {
        $self->{failing}{"$name $type"} = 1;
        return;
    }
    my $rr = $type eq 'TXT'
      ? Net::DNS::RR->new(owner => $name, type => 'TXT', ttl => 300, txtdata => [$rdata])
      : Net::DNS::RR->new("$name. 300 IN $type $rdata" . ($type =~ /^A/ ? '' : '.'));
    push @{$self->{sets}{"$name $type"}}, $rr;
}

sub send {
    my ($self, $name, $type) = @_;
    my $packet = Net::DNS::Packet->new($name, $type);
    $name = lc $name;
    $self->{error} = '';
    if ($self->{failing}{"$name $type"} || $self->{failing}{"$name *"}) {
        $self->{error} = 'query timed out';
        return;
    }
    my $cname = $self->{sets}{"$name CNAME"};
    if ($cname) {
        $packet->push(answer => $cname->[0]);
        $name = lc $cname->[0]->cname;
    }
    my $rrs = $self->{sets}{"$name $type"} || [];
    $packet->push(answer => $_) for @$rrs;
    $packet->header->rcode(@$rrs || $self->{names}{$name} ? 'NOERROR' : 'NXDOMAIN');
    $packet->header->qr(1);
    return $packet;
}

package main;
use Mail::SPF;

$| = 1;
my $world = World->new;
while (my $line = <STDIN>) {
    chomp $line;
    if ($line eq 'world') {
        $world = World->new;
    } elsif ($line =~ /^rr (\S+) (\S+) (.*)$/) {
        $world->add($1, $2, $3);
    } elsif ($line =~ /^eval ([^\t]*)\t([^\t]*)\t(.*)$/) {
        my $result = eval {
            my $server = Mail::SPF::Server->new(dns_resolver => $world, hostname => 'unknown',
                query_rr_types => Mail::SPF::Server->query_rr_type_txt);
            my $request = Mail::SPF::Request->new(versions => [1], scope => 'mfrom',
                identity => $3, ip_address => $1, helo_identity => $2);
            $server->process($request)->code;
        };
        print defined $result ? "$result\n" : "died\n";
    }
}
