module example.test/shop

go 1.26

require github.com/nameplate-dev/nameplate v0.0.0

replace github.com/nameplate-dev/nameplate => ../../..
